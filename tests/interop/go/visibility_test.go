// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (f *fixture) notAHandle(err error, handle string) {
	f.Helper()
	refused[*types.ReceiptHandleIsInvalid](f, err, "ReceiptHandleIsInvalid", http.StatusBadRequest,
		`The input receipt handle "`+handle+`" is not a valid receipt handle.`)
}

func TestCase_V3_V7_ReleasedMessageIsReceivedAgain(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "600")
	f.send(url, "m")
	first := f.receiveOne(url)
	f.wantBodies(f.receive(url))
	f.change(url, first, 0)
	second := f.receiveOne(url)
	equal(t, "MessageId", *second.MessageId, *first.MessageId)
	f.wantBodies(f.receive(url)) // the queue's 600 s again, not 0
}

func TestCase_V1_V4_ExtendedMessageStaysInvisible(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "1")
	f.send(url, "extended")
	f.change(url, f.receiveOne(url), 600)
	f.send(url, "left alone")
	f.receiveOne(url)
	// The younger message is back only after the timeout of both has passed.
	f.wantBodies(f.receive(url, waiting(20)), "left alone")
}

func TestCase_V5_V12_OldHandleOnAStandardQueue(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "0")
	f.send(url, "m")
	message := f.receiveOne(url)
	f.change(url, message, 0)
	f.delete(url, message)
	equal(t, "left", f.attributes(url)["ApproximateNumberOfMessages"], "0")
}

func TestCase_V8_V10_NotAHandle(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.notAHandle(f.tryDelete(url, "garbage"), "garbage")
	f.notAHandle(f.tryChange(url, "INVALID", 1), "INVALID")
}

func TestCase_V9_V11_DeletedMessage(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.send(url, "m")
	message := f.receiveOne(url)
	f.delete(url, message)
	f.delete(url, message)
	badParameter(t, f.tryChange(url, *message.ReceiptHandle, 1), "Value "+*message.ReceiptHandle+
		" for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "+
		"for visibility timeout change.")
}

func TestCase_V13_ExpiredHandleOnAFifoQueue(t *testing.T) {
	f := start(t)
	url := f.createFifo("VisibilityTimeout", "600")
	f.send(url, "m", inGroup("g", "d"))
	first := f.receiveOne(url, invisibleFor(1))
	second := f.receiveOne(url, waiting(20))
	badParameter(t, f.tryDelete(url, *first.ReceiptHandle), "Value "+*first.ReceiptHandle+
		" for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
	f.delete(url, second)
}

func TestCase_V15_UnknownQueueBeforeGarbageHandle(t *testing.T) {
	f := start(t)
	url := endpoint + "/" + account + "/" + uniqueName()
	refused[*types.QueueDoesNotExist](t, f.tryDelete(url, "garbage"), noSuchQueue,
		http.StatusBadRequest, noSuchQueueText)
}

func TestCase_V17_TwelveHoursInAll(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.send(url, "m")
	handle := *f.receiveOne(url).ReceiptHandle
	badParameter(t, f.tryChange(url, handle, 43200), "Value 43200 for parameter VisibilityTimeout is "+
		"invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	badParameter(t, f.tryChange(url, handle, 43201),
		"Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.")
}

func TestCase_V19_Counts(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "600")
	f.sendBatch(url, numbered(6)...)
	message := f.receiveOne(url, atMost(1))
	counts := func(visible, inFlight string) {
		t.Helper()
		got := f.attributes(url)
		equal(t, "visible", got["ApproximateNumberOfMessages"], visible)
		equal(t, "in flight", got["ApproximateNumberOfMessagesNotVisible"], inFlight)
		equal(t, "delayed", got["ApproximateNumberOfMessagesDelayed"], "0")
	}
	counts("5", "1")
	f.change(url, message, 0)
	counts("6", "0")
}
