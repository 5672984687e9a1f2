//! What is counted, and when the next attempt may be evaluated.

use std::net::Ipv4Addr;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000);
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn usual() -> Limits {
    limits(|_| {})
}

fn limits(change: impl FnOnce(&mut AttackProtection)) -> Limits {
    let mut settings = AttackProtection::default();
    change(&mut settings);
    Limits::new(&Map::new(), &settings, HOME)
}

#[test]
fn acc_03_the_tenth_failure_from_an_address_blocks_it() {
    let rule = usual().account_and_address.unwrap();
    assert_eq!(rule.blocked_until(9, NOW), None);
    for n in [10, 11, u32::MAX] {
        assert_eq!(rule.blocked_until(n, NOW), Some(NOW + Seconds::days(30)));
    }
}

#[test]
fn acc_03_the_delay_of_an_account_grows_to_a_limit() {
    let rule = usual().account.unwrap();
    let waits = [49, 50, 51, 54, 60, 90, u32::MAX].map(|n| rule.blocked_until(n, NOW));
    let expected = [
        None,
        Some(1),
        Some(2),
        Some(16),
        Some(900),
        Some(900),
        Some(900),
    ];
    assert_eq!(
        waits,
        expected.map(|wait| wait.map(|wait| NOW + Seconds(wait)))
    );
}

#[test]
fn acc_03_a_connection_can_switch_off_only_the_block() {
    let options = serde_json::json!({"brute_force_protection": false});
    let limits = Limits::new(
        options.as_object().unwrap(),
        &AttackProtection::default(),
        HOME,
    );
    assert_eq!(limits.account_and_address, None);
    assert_eq!(limits.account, usual().account);
}

#[test]
fn acc_03_settings_decide_the_thresholds() {
    let limits = limits(|settings| {
        settings.brute_force.max_attempts = 3;
        settings.suspicious_ip.stage.pre_login.max_attempts = 20;
    });
    let rule = limits.account_and_address.unwrap();
    assert_eq!(
        (rule.blocked_until(2, NOW), rule.tells_of(2)),
        (None, false)
    );
    assert!(rule.blocked_until(3, NOW).is_some() && rule.tells_of(3));
    let rule = limits.address.unwrap();
    assert_eq!(rule.blocked_until(19, NOW), None);
    for n in [20, 21, 90] {
        assert_eq!(rule.blocked_until(n, NOW), Some(NOW + Seconds(864)));
    }
    assert_eq!(rule.memory, Seconds(20 * 864));
}

#[test]
fn acc_03_the_mode_per_account_counts_every_address() {
    let limits = limits(|settings| settings.brute_force.mode = BruteForceMode::CountPerIdentifier);
    assert_eq!(limits.account, usual().account_and_address);
    assert_eq!(
        limits.account_and_address,
        usual().account_and_address,
        "also from where she was let in last"
    );
}

#[test]
fn acc_03_without_the_shield_it_is_only_told_of() {
    let limits = limits(|settings| {
        settings.brute_force.shields = Vec::new();
        settings.brute_force.mode = BruteForceMode::CountPerIdentifier;
        settings.suspicious_ip.shields = vec![SuspiciousIpShield::AdminNotification];
    });
    let rule = limits.account_and_address.unwrap();
    let told: Vec<u32> = (1..30).filter(|n| rule.tells_of(*n)).collect();
    assert_eq!((rule.blocked_until(30, NOW), told), (None, vec![10]));
    assert_eq!(limits.account, usual().account);
    assert_eq!(limits.address.unwrap().blocked_until(1_000, NOW), None);
    assert!(!limits.tells_user);
}

#[test]
fn acc_03_exempt_addresses_and_switched_off_rules_count_nothing() {
    let exempt = limits(|settings| {
        settings.brute_force.allowlist = vec!["192.0.2.0/24".parse().unwrap()];
        settings.suspicious_ip.allowlist = vec!["192.0.2.1".parse().unwrap()];
    });
    assert_eq!((exempt.account_and_address, exempt.account), (None, None));
    assert_eq!((exempt.address, exempt.sign_ups), (None, None));
    let off = limits(|settings| {
        settings.brute_force.enabled = false;
        settings.suspicious_ip.enabled = false;
    });
    assert_eq!(
        (off.account_and_address, off.account),
        (None, Some(ANYWHERE))
    );
    assert_eq!((off.address, off.sign_ups), (None, None));
}

#[test]
fn acc_03_aliases_of_a_name_and_of_an_address_share_a_count() {
    let connection = ConnectionId::parse("con_1").unwrap();
    let unknown = |name| Account::of(None, &connection, name).to_string();
    assert_eq!(unknown(" Ann@Example.com"), unknown("ann@example.com"));
    assert_ne!(unknown("ann@example.com"), unknown("bob@example.com"));
    assert!(!unknown("hunter2").contains("hunter2"));
    let address = |ip: &str| Address::of(ip.parse().unwrap());
    assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
    assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
}

#[test]
fn subjects_have_keys_of_their_own() {
    let user = UserId::parse("auth0|1").unwrap();
    let connection = ConnectionId::parse("con_1").unwrap();
    let account = Account::of(Some(&user), &connection, "x");
    let address = Address::of("192.0.2.1".parse().unwrap());
    let keys = [
        Subject::AccountAndAddress(account.clone(), address),
        Subject::Account(account),
        Subject::Address(address),
    ]
    .map(|subject| subject.to_string());
    let expected = [
        "login auth0|1 192.0.2.1",
        "account auth0|1",
        "address 192.0.2.1",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn the_key_of_a_subject_tells_who_is_blocked() {
    let address = Address::of("2001:db8::1:2:3:4".parse().unwrap());
    let known = Account::Known(UserId::parse("auth0|ada").unwrap());
    let stranger = Account::Unknown(
        ConnectionId::parse("con_0000000000000001").unwrap(),
        TokenHash::of("x"),
    );
    let told = |subject: Subject| {
        Blocked::parse(&subject.to_string())
            .map(|blocked| (blocked.kind.as_str(), blocked.user, blocked.address))
    };
    let (ada, net) = (Some("auth0|ada".to_owned()), Some("2001:db8::".to_owned()));
    let both = Subject::AccountAndAddress(known.clone(), address);
    assert_eq!(told(both), Some(("user_and_ip", ada.clone(), net.clone())));
    let nobody = Subject::AccountAndAddress(stranger, address);
    assert_eq!(told(nobody), Some(("user_and_ip", None, net.clone())));
    assert_eq!(
        told(Subject::Account(known.clone())),
        Some(("user", ada, None))
    );
    assert_eq!(
        told(Subject::Address(address)),
        Some(("ip", None, net.clone()))
    );
    assert_eq!(told(Subject::SignUp(address)), Some(("signup", None, net)));
    assert_eq!(told(Subject::Mail(known)), None);
    assert_eq!(Blocked::parse("login"), None);
}
