// SPDX-License-Identifier: Apache-2.0

use crate::fixture::*;
use crate::refusal::Refusal;
use aws_sdk_sqs::operation::add_permission::builders::AddPermissionFluentBuilder;
use serde_json::{Value, json};

const ACCOUNT_A: &str = "111111111111";
const ACCOUNT_B: &str = "222222222222";

fn allowing(
    f: &Fixture,
    queue_url: &str,
    label: &str,
    accounts: &[&str],
    actions: &[&str],
) -> AddPermissionFluentBuilder {
    let owned = |all: &[&str]| Some(all.iter().map(|each| each.to_string()).collect());
    let call = f.sqs.add_permission().queue_url(queue_url).label(label);
    call.set_aws_account_ids(owned(accounts)).set_actions(owned(actions))
}

fn removing(
    f: &Fixture,
    queue_url: &str,
    label: &str,
) -> aws_sdk_sqs::operation::remove_permission::builders::RemovePermissionFluentBuilder {
    f.sqs.remove_permission().queue_url(queue_url).label(label)
}

fn sort_list(value: &mut Value) {
    if let Value::Array(several) = value {
        several.sort_by_key(|each| each.to_string());
    }
}

/// The queue's Policy with lists sorted: SQS does not keep the order of accounts and actions.
async fn policy(f: &Fixture, queue_url: &str) -> Value {
    let text = f.attribute(queue_url, "Policy").await.unwrap();
    let mut parsed: Value = serde_json::from_str(&text).unwrap();
    for statement in parsed["Statement"].as_array_mut().unwrap() {
        sort_list(&mut statement["Action"]);
        sort_list(&mut statement["Principal"]["AWS"]);
    }
    parsed
}

fn expected(queue_url: &str, statements: &[(&str, Value, Value)]) -> Value {
    let arn = arn_of(queue_url);
    let statement = |(label, principal, action): &(&str, Value, Value)| {
        json!({
            "Sid": label, "Effect": "Allow", "Principal": {"AWS": principal}, "Action": action,
            "Resource": arn,
        })
    };
    json!({
        "Version": "2008-10-17", "Id": format!("{arn}/SQSDefaultPolicy"),
        "Statement": statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn case_g7_g8_g11_statements_of_a_policy() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let root = |account| format!("arn:aws:iam::{account}:root");
    let accounts = [ACCOUNT_A, ACCOUNT_B];
    must(allowing(&f, &url, "both", &accounts, &["ReceiveMessage"]).send().await);
    let both = ("both", json!([root(ACCOUNT_A), root(ACCOUNT_B)]), json!("SQS:ReceiveMessage"));
    assert_eq!(policy(&f, &url).await, expected(&url, std::slice::from_ref(&both)));
    let actions = ["SendMessage", "DeleteMessage"];
    must(allowing(&f, &url, "single", &[ACCOUNT_A], &actions).send().await);
    let single =
        ("single", json!(root(ACCOUNT_A)), json!(["SQS:DeleteMessage", "SQS:SendMessage"]));
    assert_eq!(policy(&f, &url).await, expected(&url, &[both, single]));
}

#[tokio::test]
async fn case_g9_g12_remove_permission() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let unknown = "Value nobody for parameter Label is invalid. Reason: can't find label.";
    Refusal::of(removing(&f, &url, "nobody").send().await).expect_bad_parameter(unknown);
    must(allowing(&f, &url, "label", &[ACCOUNT_A], &["ReceiveMessage"]).send().await);
    Refusal::of(removing(&f, &url, "nobody").send().await).expect_bad_parameter(unknown);
    must(removing(&f, &url, "label").send().await);
    assert_eq!(f.attribute(&url, "Policy").await, None);
}

#[tokio::test]
async fn case_g10_label_is_taken() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let label = "crossaccountpermission";
    must(allowing(&f, &url, label, &[ACCOUNT_A], &["ReceiveMessage"]).send().await);
    let again = allowing(&f, &url, label, &[ACCOUNT_B], &["SendMessage"]);
    Refusal::of(again.send().await).expect_bad_parameter(
        "Value crossaccountpermission for parameter Label is invalid. Reason: Already exists.",
    );
}

#[tokio::test]
async fn case_g13_over_limit() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let eight = [
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
    ];
    refused!(
        allowing(&f, &url, "eight", &[ACCOUNT_A], &eight).send().await,
        OverLimit,
        "OverLimit",
        403,
        "8 Actions were found, maximum allowed is 7."
    );
    must(allowing(&f, &url, "seven", &[ACCOUNT_A], &eight[..7]).send().await);
}

#[tokio::test]
async fn permissions_that_are_refused() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    for (label, account, action, text) in [
        (
            "not a label",
            ACCOUNT_A,
            "SendMessage",
            "Value not a label for parameter Label is invalid. Reason: Can only include \
             alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
        ),
        (
            "label",
            ACCOUNT_A,
            "RemovePermission",
            "Value SQS:RemovePermission for parameter ActionName is invalid. Reason: Only the \
             queue owner is allowed to invoke this action.",
        ),
        (
            "label",
            "12",
            "SendMessage",
            "Value [12] for parameter PrincipalId is invalid. Reason: Unable to verify.",
        ),
    ] {
        let call = allowing(&f, &url, label, &[account], &[action]);
        Refusal::of(call.send().await).expect_bad_parameter(text);
    }
}
