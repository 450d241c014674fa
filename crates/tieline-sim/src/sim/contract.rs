//! What other programs are told, so that they can be pointed at the simulator.

use serde_json::{Map, Value, json};
use tieline_axeos::Generation;
use tieline_portsip_wsi::Dialect;

use super::Sim;
use crate::im::{Im, Staff};
use crate::scenario::Group;
use crate::world::Role;

impl Sim {
    /// Everything that another program needs to connect, as one JSON object: addresses, logins with their passwords,
    /// queues. With TLS `pin` names the certificate; `control` is where the control interface is, if there is one.
    #[must_use]
    pub fn contract(&self) -> Value {
        let mut contract = Map::new();
        contract.insert("ready".to_owned(), json!(true));
        contract.insert("seed".to_owned(), json!(self.seed));
        if let Some(pin) = &self.pin {
            contract.insert("pin".to_owned(), json!(pin));
        }
        if let Some(control) = self.control_url() {
            contract.insert("control".to_owned(), json!(control));
        }
        contract.insert("wsi".to_owned(), self.wsi_contract());
        contract.insert("cloudpbx".to_owned(), self.cloudpbx_contract());
        contract.insert("axeos".to_owned(), self.axeos_contract());
        if let Some(im) = self.pbx.im.get() {
            contract.insert("im".to_owned(), self.im_contract(im));
        }
        Value::Object(contract)
    }

    fn im_contract(&self, im: &Im) -> Value {
        let (directory, desk) = (&self.pbx.directory, im.desk());
        let tenant = directory.tenants().first().map(|tenant| tenant.tenant);
        let user = |staff: &Staff| {
            let mut users = directory.users().iter().filter(|user| Some(user.tenant) == tenant);
            let user = users.find(|user| user.extension == staff.number)?;
            Some(json!({
                "extension": staff.number,
                "username": user.username,
                "password": user.password.expose(),
                "token": desk.token(&staff.number)?.expose(),
                "user": format!("usr{}", staff.user),
            }))
        };
        let group = |(group, topic): (&Group, String)| json!({"id": group.id.text, "name": group.name, "topic": topic});
        json!({
            "url": self.im_url(),
            "api": self.cloudpbx_url(),
            "domain": desk.domain(),
            "users": im.staff().iter().filter_map(user).collect::<Value>(),
            "groups": im.groups().into_iter().map(group).collect::<Value>(),
        })
    }

    fn axeos_contract(&self) -> Value {
        let directory = &self.pbx.directory;
        let tenant = directory.tenants().first().map(|tenant| tenant.tenant);
        let users = directory.users().iter().filter(|user| Some(user.tenant) == tenant).map(
            |user| json!({"username": user.username, "password": user.password.expose(), "extension": user.extension}),
        );
        let mut axeos = Map::new();
        axeos.insert("url".to_owned(), json!(self.axeos_url()));
        axeos.insert("key".to_owned(), json!(directory.axeos_key().expose()));
        let generation = match self.pbx.axeos().generation() {
            Generation::V3 => 3,
            Generation::V4 => 4,
        };
        axeos.insert("generation".to_owned(), json!(generation));
        axeos.insert("users".to_owned(), users.collect());
        Value::Object(axeos)
    }

    fn cloudpbx_contract(&self) -> Value {
        let mut cloudpbx = Map::new();
        cloudpbx.insert("url".to_owned(), json!(self.cloudpbx_url()));
        cloudpbx.insert("stream".to_owned(), json!(self.cloudpbx_stream_url().expose()));
        cloudpbx.insert("name".to_owned(), json!(self.pbx.cloudpbx().name));
        cloudpbx.insert("key".to_owned(), json!(self.pbx.directory.cloudpbx_key().expose()));
        Value::Object(cloudpbx)
    }

    fn wsi_contract(&self) -> Value {
        let directory = &self.pbx.directory;
        let dialects: Map<String, Value> =
            Dialect::ALL.iter().map(|dialect| (dialect.as_str().to_owned(), json!(self.wsi_url(*dialect)))).collect();
        let mut wsi = Map::new();
        wsi.insert("url".to_owned(), json!(self.url("/wsi")));
        wsi.insert("dialects".to_owned(), Value::Object(dialects));
        // The first tenant is the one that the day is about.
        if let Some(tenant) = directory.tenants().first() {
            let users = directory.users().iter().filter(|user| user.tenant == tenant.tenant).map(|user| {
                json!({
                    "extension": user.extension,
                    "username": user.username,
                    "password": user.password.expose(),
                    "group": user.group,
                    "role": role(user.role),
                })
            });
            wsi.insert("domain".to_owned(), json!(tenant.domain));
            wsi.insert("users".to_owned(), users.collect());
            let login = json!({"name": tenant.name, "password": tenant.password.expose(), "id": tenant.id});
            wsi.insert("tenant".to_owned(), login);
            let queues: Vec<String> =
                self.pbx.play().world().queue_states(tenant.tenant).map(|queue| queue.profile.number.clone()).collect();
            wsi.insert("queues".to_owned(), json!(queues));
        }
        let admin = directory.admin();
        wsi.insert("admin".to_owned(), json!({"username": admin.username, "password": admin.password.expose()}));
        Value::Object(wsi)
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Extension => "extension",
        Role::QueueManager => "queue_manager",
        Role::TenantAdmin => "tenant_admin",
    }
}
