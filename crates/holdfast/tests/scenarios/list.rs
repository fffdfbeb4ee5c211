// One test a scenario, included into `scenarios.rs`.

#[test]
fn package_journey() {
    scenario("package-journey.md");
}

#[test]
fn accepted() {
    scenario("accepted.md");
}

#[test]
fn pull_request() {
    scenario("pull-request.md");
}

#[test]
fn outcomes() {
    scenario("outcomes.md");
}
