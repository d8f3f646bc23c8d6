//! Each rule of the check, failing and passing.

use super::*;

const POLICY: &str = r#"
[graph]
targets = ["x86_64-unknown-linux-gnu"]
[licenses]
allow = ["MIT", "Apache-2.0 WITH LLVM-exception"]
exceptions = [{ crate = "odd", allow = ["Zlib"] }]
clarify = [{ crate = "silent", expression = "MIT", license-files = [] }]
[bans]
multiple-versions = "deny"
deny = [{ crate = "bad", reason = "we have our own" }]
skip = [{ crate = "twice@1.0.0", reason = "its users lag behind" }]
"#;

fn package(name: &str, version: &str, license: Option<&str>) -> Package {
    let described = serde_json::json!({
        "name": name, "version": version, "license": license, "id": format!("{name}@{version}"),
        "license_file": null, "description": null, "source": null, "dependencies": [],
        "targets": [], "features": {}, "manifest_path": "/x/Cargo.toml", "authors": [],
        "categories": [], "keywords": [], "readme": null, "repository": null, "homepage": null,
        "documentation": null, "edition": "2024", "links": null, "metadata": null, "publish": null,
        "default_run": null, "rust_version": null
    });
    serde_json::from_value(described).unwrap()
}

fn licence(name: &str, license: Option<&str>) -> Option<String> {
    let policy: Policy = toml::from_str(POLICY).unwrap();
    licence_problem(&package(name, "1.0.0", license), &policy.licenses).map(|found| found.problem)
}

#[test]
fn expressions_are_evaluated() {
    assert_eq!(licence("x", Some("GPL-3.0-only OR MIT")), None);
    assert_eq!(licence("x", Some("Apache-2.0 WITH LLVM-exception")), None);
    assert!(
        licence("x", Some("Apache-2.0"))
            .unwrap()
            .contains("not allowed")
    );
    assert!(
        licence("x", Some("MIT AND GPL-3.0-only"))
            .unwrap()
            .contains("not allowed")
    );
    assert!(
        licence("x", Some("whatever"))
            .unwrap()
            .contains("not understood")
    );
}

#[test]
fn the_old_slash_means_or() {
    assert_eq!(licence("x", Some("GPL-3.0/MIT")), None);
}

#[test]
fn exceptions_hold_for_their_crate_only() {
    assert_eq!(licence("odd", Some("Zlib")), None);
    assert!(licence("x", Some("Zlib")).is_some());
}

#[test]
fn a_missing_licence_has_to_be_clarified() {
    assert_eq!(licence("silent", None), None);
    assert!(licence("x", None).unwrap().contains("declares no licence"));
    assert!(licence("silent", Some("MIT")).unwrap().contains("besides"));
}

#[test]
fn bans_and_duplicates_are_found() {
    let policy: Policy = toml::from_str(POLICY).unwrap();
    let bad = banned(&package("bad", "2.0.0", None), &policy.bans).unwrap();
    assert!(bad.problem.contains("we have our own"));
    assert_eq!(banned(&package("good", "2.0.0", None), &policy.bans), None);
    let packages = ["1.0.0", "2.0.0"].map(|version| package("twice", version, None));
    assert!(duplicates(packages.iter(), &policy.bans).is_empty());
    let packages = ["2.0.0", "3.0.0"].map(|version| package("twice", version, None));
    assert!(
        duplicates(packages.iter(), &policy.bans)[0]
            .problem
            .contains("2.0.0, 3.0.0")
    );
}

#[test]
fn what_is_named_has_to_be_there() {
    let policy: Policy = toml::from_str(POLICY).unwrap();
    let there = ["odd", "silent"].map(|name| package(name, "1.0.0", None));
    let stale = unused(&there.iter().collect::<Vec<_>>(), &policy);
    assert_eq!(stale.len(), 1);
    assert_eq!(stale[0].dependency, "twice@1.0.0");
}

#[test]
fn an_unknown_setting_is_refused() {
    let text = POLICY.replace("[bans]", "[bans]\nwildcards = \"deny\"");
    assert!(toml::from_str::<Policy>(&text).is_err());
}
