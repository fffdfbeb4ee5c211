//! What a record of CloudTrail was about.
//!
//! Services name the things they act on each in their own way; the list below holds the members
//! of requests and responses that name things, as the services' API references do.

use std::sync::Arc;

use super::targets;
use crate::text::json::{Kind, Member, Value};

/// How deep requests are looked into.
const DEEP: usize = 12;

/// Members that name a thing wherever they stand, in small letters; an `s` behind them makes them
/// lists.
const NAMES: [&str; 74] = [
    "accesskeyid",
    "aliasname",
    "allocationid",
    "arn",
    "autoscalinggroupname",
    "bucketname",
    "certificatearn",
    "clustername",
    "commandid",
    "dbclusteridentifier",
    "dbinstanceidentifier",
    "dbsnapshotidentifier",
    "detectorid",
    "distributionid",
    "documentname",
    "flowlogid",
    "functionarn",
    "functionname",
    "gatewayid",
    "groupid",
    "groupname",
    "hostedzoneid",
    "imageid",
    "instancearn",
    "instanceid",
    "instanceprofilename",
    "internetgatewayid",
    "invitationid",
    "keyid",
    "keyname",
    "keypairid",
    "launchconfigurationname",
    "launchtemplateid",
    "layerarn",
    "layerversionarn",
    "loggroupname",
    "logstreamname",
    "modelid",
    "natgatewayid",
    "networkaclid",
    "networkinterfaceid",
    "openidconnectproviderarn",
    "permissionsetarn",
    "policyarn",
    "policyname",
    "profilearn",
    "profileid",
    "queueurl",
    "repositoryname",
    "resolverquerylogconfigid",
    "resourcearn",
    "resourceid",
    "rolearn",
    "rolename",
    "routetableid",
    "samlproviderarn",
    "secretid",
    "securitygroupid",
    "serialnumber",
    "servicename",
    "snapshotid",
    "stackid",
    "stackname",
    "subnetid",
    "tablename",
    "targetarn",
    "topicarn",
    "trailarn",
    "trailname",
    "trustanchorarn",
    "trustanchorid",
    "username",
    "volumeid",
    "vpcid",
];

/// Members that name a thing only directly in the request: elsewhere they are names of tags,
/// filters and parameters.
const NAMES_ON_TOP: [&str; 5] = ["key", "name", "target", "identifier", "id"];

/// ARNs of `resources`, and what request and response name.
pub(super) fn targets_of(value: &Value<'_>) -> Vec<Arc<str>> {
    let mut out = Vec::new();
    for resource in value.get("resources").and_then(Value::as_array).unwrap_or_default() {
        let arn = resource.get("ARN").or_else(|| resource.get("arn"));
        out.extend(arn.and_then(Value::as_str).map(Arc::from));
    }
    for part in ["requestParameters", "responseElements"] {
        let Some(part) = value.get(part) else { continue };
        for member in part.as_object().unwrap_or_default() {
            if NAMES_ON_TOP.iter().any(|name| member.key.eq_ignore_ascii_case(name)) {
                texts(&member.value, &mut out);
            }
        }
        walk(part, DEEP, &mut out);
    }
    targets(out)
}

fn walk(value: &Value<'_>, deep: usize, out: &mut Vec<Arc<str>>) {
    if deep == 0 {
        return;
    }
    match &value.kind {
        Kind::Array(values) => values.iter().for_each(|value| walk(value, deep - 1, out)),
        Kind::Object(members) => members.iter().for_each(|member| go_into(member, deep, out)),
        _ => {}
    }
}

fn go_into(member: &Member<'_>, deep: usize, out: &mut Vec<Arc<str>>) {
    if names_a_thing(&member.key) {
        texts(&member.value, out);
    }
    // The keys of a session that was begun are no things, and nobody should keep them.
    if !member.key.eq_ignore_ascii_case("credentials") {
        walk(&member.value, deep - 1, out);
    }
}

fn names_a_thing(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let known = |key: &str| NAMES.binary_search(&key).is_ok();
    known(&key) || key.strip_suffix('s').is_some_and(known)
}

fn texts(value: &Value<'_>, out: &mut Vec<Arc<str>>) {
    match &value.kind {
        Kind::String(text) => out.push(Arc::from(&**text)),
        Kind::Array(values) => {
            out.extend(values.iter().filter_map(Value::as_str).map(Arc::from));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(NAMES.is_sorted());
        assert!(names_a_thing("instanceId") && names_a_thing("instanceIds"));
        assert!(names_a_thing("dBInstanceIdentifier") && !names_a_thing("clientToken"));
    }
}
