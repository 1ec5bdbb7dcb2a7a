// SPDX-License-Identifier: Apache-2.0

//! Tests of a Forebay server through the AWS SDK for Rust: what a Rust program sees of it, typed
//! results and typed errors. Names of tests carry the cases of the SQS contract they check.
//!
//! One program for all of them: linking the SDK takes longer than compiling a module.

#[macro_use]
mod refusal;
mod fixture;

mod batches;
mod dead_letters;
mod digests;
mod fifo;
mod messages;
mod move_tasks;
mod permissions;
mod queues;
mod sdk;
mod tags;
mod visibility;
