// SPDX-License-Identifier: Apache-2.0

//! Errors as an application sees them: the SDK's type, the code, the text, the HTTP status.

use aws_sdk_sqs::Error;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use std::fmt::Debug;

pub const INVALID_PARAMETER: &str = "InvalidParameterValue";
pub const MISSING_PARAMETER: &str = "MissingParameter";
pub const NO_SUCH_QUEUE: &str = "AWS.SimpleQueueService.NonExistentQueue";
pub const NO_SUCH_QUEUE_TEXT: &str = "The specified queue does not exist.";

#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    pub code: String,
    pub text: String,
    pub status: u16,
}

impl Refusal {
    /// What a call was refused with; panics when it was not, or when no answer came.
    #[track_caller]
    pub fn of<T: Debug, E>(result: Result<T, SdkError<E>>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        Error: From<SdkError<E>>,
    {
        let error = result.expect_err("the call was not refused");
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        Self {
            code: error.code().unwrap_or_default().to_owned(),
            text: error.message().unwrap_or_default().to_owned(),
            status: status.unwrap_or_else(|| panic!("no answer: {error:?}")),
            error: error.into(),
        }
    }

    #[track_caller]
    pub fn expect(&self, code: &str, status: u16, text: &str) {
        assert_eq!((self.code.as_str(), self.status), (code, status), "{self:?}");
        assert_eq!(self.text, text);
    }

    /// An error the SDK has no type for.
    #[track_caller]
    pub fn expect_generic(&self, code: &str, text: &str) {
        #[allow(deprecated)]
        // an application would look at the code only; here its absence is the point
        let generic = matches!(self.error, Error::Unhandled(_));
        assert!(generic, "has a type: {self:?}");
        self.expect(code, 400, text);
    }

    #[track_caller]
    pub fn expect_bad_parameter(&self, text: &str) {
        self.expect_generic(INVALID_PARAMETER, text);
    }
}

/// Checks that a call was refused with an error of the SDK's type, code, HTTP status and text.
macro_rules! refused {
    ($result:expr, $kind:ident, $code:expr, $status:expr, $text:expr) => {{
        let refusal = crate::refusal::Refusal::of($result);
        assert!(matches!(refusal.error, aws_sdk_sqs::Error::$kind(_)), "another type: {refusal:?}");
        refusal.expect($code, $status, $text);
    }};
}

macro_rules! no_such_queue {
    ($result:expr) => {
        refused!(
            $result,
            QueueDoesNotExist,
            crate::refusal::NO_SUCH_QUEUE,
            400,
            crate::refusal::NO_SUCH_QUEUE_TEXT
        )
    };
}
