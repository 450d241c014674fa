//! Logins in all their forms.

use tieline_core::Secret;
use tieline_portsip_wsi::{Auth, Dialect, Role, Viewer};
use tieline_sim::day::Day;
use tieline_sim::directory::{Directory, LoginRefused, User};

fn office(seed: u8) -> (Day, Directory) {
    let day = Day::new([seed; 16], 1_767_250_800).expect("the offices open");
    let directory = Directory::new(day.world(), [seed; 16]);
    (day, directory)
}

fn user<'a>(directory: &'a Directory, extension: &str) -> &'a User {
    directory.users().iter().find(|user| user.extension == extension).expect("a user")
}

fn login(auth: &Auth) -> Result<Viewer, LoginRefused> {
    let (day, directory) = office(1);
    directory.login(day.world(), auth)
}

#[test]
fn all_five_forms_of_login_are_accepted() {
    let (_, directory) = office(1);
    let (alice, tenant, admin) = (user(&directory, "101"), &directory.tenants()[0], directory.admin());
    let password = || alice.password.clone();
    let forms = [
        Auth::extension("101", tenant.domain.as_str(), password()),
        Auth::username(alice.username.as_str(), tenant.domain.as_str(), password()),
        Auth::extension_number("101", tenant.domain.as_str(), password()),
    ];
    for auth in forms {
        let viewer = login(&auth).expect("the password is right");
        assert_eq!(viewer.number(), Some("101"));
        assert_eq!(viewer.tenant_id.as_ref(), Some(&tenant.id));
    }
    let viewer = login(&Auth::tenant(tenant.name.as_str(), tenant.password.clone())).expect("the password is right");
    assert_eq!(viewer.role, Role::TenantAdmin);
    let viewer = login(&Auth::admin(admin.username.as_str(), admin.password.clone())).expect("the password is right");
    assert_eq!((viewer.role, viewer.tenant_id), (Role::SystemAdmin, None));
}

#[test]
fn a_wrong_password_name_or_domain_is_refused() {
    let (_, directory) = office(1);
    let right = || user(&directory, "101").password.clone();
    let wrong = || Secret::from("111111");
    for auth in [
        Auth::extension("101", "acme.test", wrong()),
        Auth::extension("199", "acme.test", right()),
        Auth::extension("101", "globex.test", right()),
        Auth::username("alice", "acme.test", wrong()),
        Auth::username("nobody", "acme.test", right()),
        Auth::extension_number("101", "elsewhere.test", right()),
        Auth::tenant("Acme", wrong()),
        Auth::tenant("Nobody", right()),
        Auth::admin("admin", wrong()),
        Auth::admin("root", directory.admin().password.clone()),
    ] {
        assert_eq!(login(&auth), Err(LoginRefused), "{:?}", auth.login);
    }
}

#[test]
fn refusals_have_the_words_of_the_dialect() {
    assert_eq!(LoginRefused.text(Dialect::V12), "name or password error");
    assert_eq!(LoginRefused.text(Dialect::V16), "name or password error");
    assert_eq!(LoginRefused.text(Dialect::V22), "access_token , username , domain or password error");
}

#[test]
fn a_login_knows_its_queues_its_group_and_its_role() {
    let (_, directory) = office(1);
    let viewer_of = |extension: &str| {
        let password = user(&directory, extension).password.clone();
        login(&Auth::extension(extension, "acme.test", password)).expect("the password is right")
    };
    let agent = viewer_of("101");
    assert_eq!(agent.queues.iter().collect::<Vec<_>>(), ["8001", "8002"]);
    assert!(agent.groupmates.contains("102") && !agent.groupmates.contains("105"));
    let manager = viewer_of("109");
    assert!(matches!(manager.role, Role::QueueManager { .. }));
    assert_eq!(manager.queues.len(), 2);
    assert_eq!(viewer_of("110").role, Role::TenantAdmin);
    assert!(viewer_of("112").queues.is_empty());
}

#[test]
fn passwords_follow_from_the_seed_and_differ() {
    let (_, one) = office(1);
    let (_, again) = office(1);
    let (_, other) = office(2);
    assert!(user(&one, "101").password.matches(&user(&again, "101").password));
    assert!(!user(&one, "101").password.matches(&user(&other, "101").password));
    assert!(!user(&one, "101").password.matches(&user(&one, "102").password));
    assert_eq!(user(&one, "101").password.expose().len(), 16);
}
