// SPDX-License-Identifier: Apache-2.0

use crate::batches::numbered;
use crate::dead_letters::{create_source_of, exhaust};
use crate::digests::{one, with};
use crate::fixture::*;
use crate::refusal::{NO_SUCH_QUEUE, Refusal};
use aws_sdk_sqs::operation::cancel_message_move_task::builders as cancel_task;
use aws_sdk_sqs::operation::start_message_move_task::builders as start_task;
use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry as Task;
use aws_smithy_types::base64;
use std::time::{SystemTime, UNIX_EPOCH};

type Cancel = cancel_task::CancelMessageMoveTaskFluentBuilder;
type Start = start_task::StartMessageMoveTaskFluentBuilder;

const NO_SOURCE: &str =
    "The resource that you specified for the SourceArn parameter doesn't exist.";
const NO_DESTINATION: &str =
    "The resource that you specified for the DestinationArn parameter doesn't exist.";

fn starting(f: &Fixture, source: &str) -> Start {
    f.sqs.start_message_move_task().source_arn(arn_of(source))
}

fn starting_to(f: &Fixture, source: &str, destination: &str) -> Start {
    starting(f, source).destination_arn(arn_of(destination))
}

fn cancelling(f: &Fixture, handle: &str) -> Cancel {
    f.sqs.cancel_message_move_task().task_handle(handle)
}

/// What a list shows by default: one task, the newest.
async fn latest_task(f: &Fixture, source: &str) -> Task {
    let call = f.sqs.list_message_move_tasks().source_arn(arn_of(source));
    single(must(call.send().await).results.unwrap_or_default())
}

async fn ended(f: &Fixture, source: &str) -> Task {
    eventually("the end of the move task", async || {
        let task = latest_task(f, source).await;
        let ended = !matches!(task.status(), Some("RUNNING" | "CANCELLING"));
        ended.then_some(task)
    })
    .await
}

macro_rules! not_found {
    ($result:expr, $text:expr) => {
        refused!($result, ResourceNotFoundException, "ResourceNotFoundException", 404, $text)
    };
}

#[tokio::test]
async fn case_m1_move_to_a_destination() {
    let f = Fixture::new();
    let (dead, destination) = (f.create(&[]).await, f.create(&[]).await);
    create_source_of(&f, &dead).await;
    must(numbered(&f, &dead, 2).send().await);
    must(starting_to(&f, &dead, &destination).send().await);
    let task = ended(&f, &dead).await;
    assert_eq!(task.status(), Some("COMPLETED"));
    assert_eq!(task.approximate_number_of_messages_moved(), 2);
    assert_eq!(task.approximate_number_of_messages_to_move(), Some(2));
    assert_eq!(task.source_arn(), Some(arn_of(&dead).as_str()));
    assert_eq!(task.destination_arn(), Some(arn_of(&destination).as_str()));
    assert_eq!((task.task_handle(), task.failure_reason()), (None, None));
    assert_eq!(task.max_number_of_messages_per_second(), None);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let started = task.started_timestamp();
    assert!((now - started).abs() < 3_600_000, "{started} is not a time in ms");
    f.expect(&destination, &["0", "1"]).await;
    f.expect(&dead, &[]).await;
}

#[tokio::test]
async fn case_m2_m3_move_back_to_the_sources() {
    let f = Fixture::new();
    let dead = f.create(&[]).await;
    let first = create_source_of(&f, &dead).await;
    let second = create_source_of(&f, &dead).await;
    let message = with(f.message(&first, "first"), &one("k", text("String", "x")));
    let sent = exhaust(&f, &first, message).await;
    exhaust(&f, &second, f.message(&second, "second")).await;
    must(starting(&f, &dead).send().await);
    let task = ended(&f, &dead).await;
    assert_eq!(task.status(), Some("COMPLETED"));
    assert_eq!(task.approximate_number_of_messages_moved(), 2);
    assert_eq!(task.destination_arn(), None);
    let back = f.receive_one(&first).await;
    assert_eq!(back.body(), Some("first"));
    assert_eq!(back.md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(system_attribute(&back, "ApproximateReceiveCount"), Some("1"));
    assert_ne!(back.message_id(), sent.message_id(), "a moved message is a new one");
    f.expect(&second, &["second"]).await;
}

#[tokio::test]
async fn case_m4_m5_tasks_that_cannot_start() {
    let f = Fixture::new();
    let (dead, alone, missing) = (f.create(&[]).await, f.create(&[]).await, unknown_url());
    create_source_of(&f, &dead).await;
    Refusal::of(starting(&f, &alone).send().await)
        .expect_bad_parameter("Source queue must be configured as a Dead Letter Queue.");
    not_found!(starting_to(&f, &dead, &missing).send().await, NO_DESTINATION);
    not_found!(starting(&f, &missing).send().await, NO_SOURCE);
    let list = f.sqs.list_message_move_tasks().source_arn(arn_of(&missing));
    not_found!(list.send().await, NO_SOURCE);
}

/// A handle is base64 of JSON with the task and its source.
fn expect_handle_of(handle: &str, source: &str) {
    let decoded = base64::decode(handle).unwrap();
    let named: serde_json::Value = serde_json::from_slice(&decoded).unwrap();
    assert_eq!(named["sourceArn"], arn_of(source));
    let task = named["taskId"].as_str().unwrap();
    assert!(uuid::Uuid::try_parse(task).is_ok(), "{task}");
}

#[tokio::test]
async fn case_m6_m10_m11_m13_running_task_is_cancelled() {
    let f = Fixture::new();
    let (dead, destination) = (f.create(&[]).await, f.create(&[]).await);
    create_source_of(&f, &dead).await;
    must(numbered(&f, &dead, 10).send().await);
    let start = starting_to(&f, &dead, &destination).max_number_of_messages_per_second(1);
    let handle = must(start.send().await).task_handle.unwrap();
    expect_handle_of(&handle, &dead);
    let running = latest_task(&f, &dead).await;
    assert_eq!(running.status(), Some("RUNNING"));
    assert_eq!(running.task_handle(), Some(handle.as_str()));
    assert_eq!(running.max_number_of_messages_per_second(), Some(1));
    assert_eq!(running.approximate_number_of_messages_to_move(), Some(10));
    Refusal::of(starting_to(&f, &dead, &destination).send().await).expect_bad_parameter(
        "There is already a task running. Only one active task is allowed for a source queue arn \
         at a given time.",
    );

    let moved = must(cancelling(&f, &handle).send().await);
    let cancelled = ended(&f, &dead).await;
    assert_eq!((cancelled.status(), cancelled.task_handle()), (Some("CANCELLED"), None));
    let at_end = cancelled.approximate_number_of_messages_moved();
    assert!(moved.approximate_number_of_messages_moved() <= at_end && at_end < 10, "{at_end}");
    let arrived = f.attribute(&destination, "ApproximateNumberOfMessages").await;
    assert_eq!(arrived, Some(at_end.to_string()));
}

#[tokio::test]
async fn case_m7_m8_m9_handles_of_no_task() {
    let f = Fixture::new();
    let dead = f.create(&[]).await;
    create_source_of(&f, &dead).await;
    let handle = |source: &str| {
        let (task, source) = (uuid::Uuid::new_v4(), arn_of(source));
        base64::encode(format!(r#"{{"taskId":"{task}","sourceArn":"{source}"}}"#))
    };
    Refusal::of(cancelling(&f, "foobared").send().await)
        .expect_bad_parameter("Value for parameter TaskHandle is invalid.");
    not_found!(cancelling(&f, &handle(&unknown_url())).send().await, NO_SOURCE);
    not_found!(cancelling(&f, &handle(&dead)).send().await, "Task does not exist.");
}

#[tokio::test]
async fn case_m12_destination_is_deleted_while_running() {
    let f = Fixture::new();
    let (dead, destination) = (f.create(&[]).await, f.create(&[]).await);
    create_source_of(&f, &dead).await;
    must(numbered(&f, &dead, 10).send().await);
    let start = starting_to(&f, &dead, &destination).max_number_of_messages_per_second(1);
    must(start.send().await);
    must(f.sqs.delete_queue().queue_url(&destination).send().await);
    let task = ended(&f, &dead).await;
    assert_eq!(task.status(), Some("FAILED"));
    assert_eq!(task.failure_reason(), Some(NO_SUCH_QUEUE));
    assert_eq!(task.destination_arn(), Some(arn_of(&destination).as_str()));
}
