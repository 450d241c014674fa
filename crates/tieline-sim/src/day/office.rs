//! Who works here: two tenants, their extensions, trunks and queues.

use std::time::Duration;

use crate::world::{AgentMode, NewExtension, NewQueue, Refused, Role, TenantKey, World};

/// The first tenant's trunks.
pub(super) const CARRIER_ONE: &str = "Carrier One";
pub(super) const CARRIER_TWO: &str = "Carrier Two";
/// The numbers that lead to the first tenant's queues and reception.
pub(super) const DID_SALES: &str = "18005550101";
pub(super) const DID_SUPPORT: &str = "18005550102";
pub(super) const DID_OFFICE: &str = "18005550100";

struct Person {
    number: &'static str,
    name: &'static str,
    group: &'static str,
    role: Role,
    forward: Option<&'static str>,
    devices: &'static [(&'static str, &'static str)],
}

const fn person(
    number: &'static str,
    name: &'static str,
    group: &'static str,
    role: Role,
    devices: &'static [(&'static str, &'static str)],
) -> Person {
    Person { number, name, group, role, forward: None, devices }
}

const ACME: &[Person] = &[
    person(
        "101",
        "Alice Novak",
        "sales",
        Role::Extension,
        &[("Yealink SIP-T46U 108.86.0.90", "192.0.2.11:5060"), ("PortSIP ONE iOS 22.3", "203.0.113.61:49152")],
    ),
    person("102", "Bob Tanaka", "sales", Role::Extension, &[("Yealink SIP-T46U 108.86.0.90", "192.0.2.12:5060")]),
    person("103", "Carla Weiss", "sales", Role::Extension, &[("Grandstream GXP2170 1.0.11.79", "192.0.2.13:5060")]),
    person("104", "David Okafor", "sales", Role::Extension, &[("PortSIP ONE Android 22.3", "203.0.113.74:51002")]),
    person("105", "Elena Rossi", "support", Role::Extension, &[("Fanvil X6U 2.12.16", "192.0.2.15:5060")]),
    person("106", "Farid Haddad", "support", Role::Extension, &[("Fanvil X6U 2.12.16", "192.0.2.16:5060")]),
    person("107", "Grace Lindqvist", "support", Role::Extension, &[("PortSIP ONE Windows 22.3", "192.0.2.17:50610")]),
    person("108", "Hugo Marques", "support", Role::Extension, &[("Snom D785 10.1.169.16", "192.0.2.18:5060")]),
    person("109", "Irene Castell", "sales", Role::QueueManager, &[("Snom D785 10.1.169.16", "192.0.2.19:5060")]),
    person("110", "Jonas Meyer", "office", Role::TenantAdmin, &[("Yealink SIP-T58W 150.86.0.20", "192.0.2.20:5060")]),
    Person {
        forward: Some("110"),
        ..person("111", "Karin Sato", "office", Role::Extension, &[("Snom D785 10.1.169.16", "192.0.2.21:5060")])
    },
    person("112", "Liam Byrne", "office", Role::Extension, &[("PortSIP ONE macOS 22.3", "192.0.2.22:50612")]),
];

const GLOBEX: &[Person] = &[
    person("101", "Mara Quinn", "globex", Role::TenantAdmin, &[("Fanvil X6U 2.12.16", "198.51.100.11:5060")]),
    person("102", "Nils Berg", "globex", Role::Extension, &[("Fanvil X6U 2.12.16", "198.51.100.12:5060")]),
    person("103", "Olga Petrov", "globex", Role::Extension, &[("Fanvil X6U 2.12.16", "198.51.100.13:5060")]),
];

/// The first tenant's agents: queue, extension, and how they begin.
pub(super) const ACME_AGENTS: &[(&str, &str, AgentMode)] = &[
    ("8001", "101", AgentMode::Ready),
    ("8001", "102", AgentMode::Ready),
    ("8001", "103", AgentMode::LoggedOut),
    ("8001", "104", AgentMode::Ready),
    ("8002", "101", AgentMode::Ready),
    ("8002", "105", AgentMode::Ready),
    ("8002", "106", AgentMode::NotReady),
    ("8002", "107", AgentMode::LoggedOut),
    ("8002", "108", AgentMode::Ready),
];

/// The extensions whose devices are not registered when the day begins.
const LATE: [&str; 2] = ["101", "104"];

/// The tenants of the day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offices {
    pub(super) acme: TenantKey,
    pub(super) globex: TenantKey,
}

/// Builds the offices as they are when the day begins.
pub(super) fn open(world: &mut World) -> Result<Offices, Refused> {
    let acme = world.add_tenant("Acme", "acme.test");
    world.add_trunk(acme, CARRIER_ONE, "sip.carrier-one.test", "18005550100")?;
    world.add_trunk(acme, CARRIER_TWO, "sip.carrier-two.test", "18005550199")?;
    world.set_trunk(acme, CARRIER_TWO, true)?;
    people(world, acme, ACME, &LATE)?;
    world.create_queue(
        acme,
        &NewQueue {
            number: "8001",
            name: "Sales Department",
            overflow_to: "110",
            capacity: 5,
            ring_time: Duration::from_secs(12),
            sla: Duration::from_secs(20),
            max_wait: Duration::from_secs(45),
            wrap_up: Duration::from_secs(8),
            manager: "109",
        },
    )?;
    world.create_queue(
        acme,
        &NewQueue {
            number: "8002",
            name: "Support Department",
            overflow_to: "12025550190",
            capacity: 4,
            ring_time: Duration::from_secs(12),
            sla: Duration::from_secs(15),
            max_wait: Duration::from_secs(35),
            wrap_up: Duration::from_secs(6),
            manager: "109",
        },
    )?;
    for (queue, extension, mode) in ACME_AGENTS {
        world.add_agent(acme, queue, extension, *mode)?;
    }

    let globex = world.add_tenant("Globex", "globex.test");
    world.add_trunk(globex, CARRIER_ONE, "sip.carrier-one.test", "18005550170")?;
    world.set_trunk(globex, CARRIER_ONE, true)?;
    people(world, globex, GLOBEX, &[])?;
    world.create_queue(
        globex,
        &NewQueue {
            number: "8001",
            name: "Globex Hotline",
            overflow_to: "101",
            capacity: 3,
            ring_time: Duration::from_secs(12),
            sla: Duration::from_secs(20),
            max_wait: Duration::from_secs(40),
            wrap_up: Duration::from_secs(5),
            manager: "101",
        },
    )?;
    world.add_agent(globex, "8001", "102", AgentMode::Ready)?;
    world.add_agent(globex, "8001", "103", AgentMode::Ready)?;
    Ok(Offices { acme, globex })
}

fn people(world: &mut World, tenant: TenantKey, people: &[Person], late: &[&str]) -> Result<(), Refused> {
    for person in people {
        world.create_extension(
            tenant,
            &NewExtension {
                number: person.number,
                display_name: person.name,
                department: person.group,
                group: person.group,
                role: person.role,
                forward_no_answer: person.forward,
                devices: person.devices,
            },
        )?;
        if !late.contains(&person.number) {
            for device in 0..person.devices.len() {
                world.register(tenant, person.number, device)?;
            }
        }
    }
    Ok(())
}
