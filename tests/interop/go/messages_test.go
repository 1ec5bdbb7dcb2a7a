// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const bodyBytesMax = 1 << 20

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func TestCase_S1_SendMessage(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	sent := f.send(url, "message")
	equal(t, "digest", *sent.MD5OfMessageBody, "78e731027d8fd50ed642340b7c9a63b3")
	if !uuid.MatchString(*sent.MessageId) || sent.SequenceNumber != nil {
		t.Errorf("MessageId %s, SequenceNumber %v", *sent.MessageId, sent.SequenceNumber)
	}
	message := f.receiveOne(url)
	equal(t, "MessageId", *message.MessageId, *sent.MessageId)
	equal(t, "MD5OfBody", *message.MD5OfBody, *sent.MD5OfMessageBody)
}

func TestCase_S2_EmptyBody(t *testing.T) {
	f := start(t)
	_, err := f.trySend(f.createQueue(), "")
	refused[generic](t, err, missingParameter, http.StatusBadRequest,
		"The request must contain the parameter MessageBody.")
}

func TestCase_S3_S4_OneMebibyte(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	body := strings.Repeat("é", bodyBytesMax/2)
	f.send(url, body)
	if got := f.receiveOne(url); *got.Body != body {
		t.Errorf("another body of %d bytes came back", len(*got.Body))
	}
	_, err := f.trySend(url, body+"x")
	badParameter(t, err,
		"One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.")
}

func TestCase_S5_S6_MaximumMessageSize(t *testing.T) {
	f := start(t)
	url := f.createQueue("MaximumMessageSize", "1024")
	const tooLong = "One or more parameters are invalid. Reason: " +
		"Message must be shorter than 1024 bytes."
	full := strings.Repeat("x", 1024)
	f.send(url, full)
	_, err := f.trySend(url, full+"x")
	badParameter(t, err, tooLong)
	_, err = f.trySend(url, full, with(one("k", text("String", "x"))))
	badParameter(t, err, tooLong)
}

func TestCase_S8_S9_CharactersOfABody(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	for _, illegal := range []string{"\uFFFF", "\x00", "\x08", "\x13"} {
		_, err := f.trySend(url, "a"+illegal)
		refused[*types.InvalidMessageContents](t, err, "InvalidMessageContents", http.StatusBadRequest,
			"Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "+
				"#xE000 to #xFFFD | #x10000 to #x10FFFF")
	}
	f.send(url, "\uFFFD")
	f.wantBodies(f.receive(url), "\uFFFD")
}

func TestCase_S10_S11_S13_S14_AttributesThatAreRefused(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	_, err := f.trySend(url, "m", with(one("ErrorDetails", text("String", ""))))
	badParameter(t, err,
		"Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.")
	refusedNames := []string{".a", "a.", "a..b", "aWs.x", "AMAZON.x", "a!", "a§", "a(", "a?",
		strings.Repeat("n", 257)}
	for _, name := range refusedNames {
		_, err := f.trySend(url, "m", with(one(name, text("String", "x"))))
		refusedWith(t, err, invalidParameter, name)
	}
	_, err = f.trySend(url, "m", with(one("k", text("Invalid", "x"))))
	refusedWith(t, err, invalidParameter, "a type nobody knows")
	_, err = f.trySend(url, "m", with(one("k", text("String", "\x01"))))
	refusedWith(t, err, invalidParameter, "a control character in an attribute")
}

func TestUnsupportedOperation_AttributesWithLists(t *testing.T) {
	f := start(t)
	list := types.MessageAttributeValue{
		DataType: aws.String("String"), StringListValues: []string{"a", "b"},
	}
	_, err := f.trySend(f.createQueue(), "m", with(one("list", list)))
	refused[*types.UnsupportedOperation](t, err, "AWS.SimpleQueueService.UnsupportedOperation",
		http.StatusBadRequest,
		"Message attribute list values in SendMessage operation are not supported.")
}

func TestCase_S21_S22_S23_GroupsOnAStandardQueue(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	if sent := f.send(url, "m", inGroup("test", "")); sent.SequenceNumber != nil {
		t.Errorf("SequenceNumber %s", *sent.SequenceNumber)
	}
	equal(t, "MessageGroupId", f.receiveOne(url).Attributes["MessageGroupId"], "test")
	for _, group := range []string{"", "group 123", strings.Repeat("g", 129)} {
		_, err := f.trySend(url, "m", inGroup(group, ""))
		badParameter(t, err, "Value "+group+" for parameter MessageGroupId is invalid. Reason: "+
			"MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
}

func TestCase_S29_S30_DelaySeconds(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	_, err := f.trySend(url, "m", delayedBy(1000))
	badParameter(t, err,
		"Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.")
	sentAt := time.Now()
	f.send(url, "later", delayedBy(2))
	f.wantBodies(f.receive(url))
	f.wantBodies(f.receive(url, waiting(20)), "later")
	if waited := time.Since(sentAt); waited < 1900*time.Millisecond {
		t.Errorf("a delay of 2 s ended after %v", waited)
	}
}

func TestCase_T27_T28_BodiesComeBackAsSent(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	want := []string{
		"line one\r\nline two\rthree\n\n\tfour  ",
		`{"foo": "ba\rr", "foo2": "ba&quot;r&quot;"}`,
		"<a href=\"x\">&amp;</a> 'quoted' \\u0041 \\",
		"Grüße, 日本語, Ελληνικά, עברית, \U0001F469\u200D\U0001F680, e\u0301, \u2028 and \u0085",
	}
	for _, body := range want {
		equal(t, "digest", *f.send(url, body).MD5OfMessageBody, md5Hex(body))
	}
	f.wantBodies(f.receive(url), want...)
}

func TestCase_R1_R2_LimitsOfReceive(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	try := func(change receiveChange) error {
		in := &sqs.ReceiveMessageInput{QueueUrl: &url}
		change(in)
		_, err := f.sqs.ReceiveMessage(f.ctx, in)
		return err
	}
	badParameter(t, try(atMost(11)),
		"Value 11 for parameter MaxNumberOfMessages is invalid. Reason: "+
			"Must be between 1 and 10, if provided.")
	for _, seconds := range []int32{21, -1} {
		badParameter(t, try(waiting(seconds)), "Value "+strconv.Itoa(int(seconds))+
			" for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.")
	}
}

func TestCase_R3_R6_AnswerOfALongPoll(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	began := time.Now()
	f.wantBodies(f.receive(url, waiting(1)))
	if waited := time.Since(began); waited < 950*time.Millisecond {
		t.Errorf("a poll of 1 s ended after %v", waited)
	}
	f.send(url, "one")
	f.send(url, "two")
	began = time.Now()
	f.wantBodies(f.receive(url, waiting(20)), "one", "two")
	if waited := time.Since(began); waited > patienceMax {
		t.Errorf("waited %v for messages that were there", waited)
	}
}

func TestCase_R4_R5_SendWakesALongPoll(t *testing.T) {
	f := start(t)
	for _, row := range []struct {
		url  string
		wait receiveChange
	}{
		{f.createQueue(), waiting(20)},
		// This SDK does not send a zero, so the queue's 20 s count.
		{f.createQueue("ReceiveMessageWaitTimeSeconds", "20"), waiting(0)},
	} {
		polled := f.startPoll(row.url, row.wait)
		began := time.Now()
		select {
		case early := <-polled:
			t.Fatalf("a poll of an empty queue came back with %q", bodies(early))
		case <-time.After(500 * time.Millisecond): // the server does not tell when a poll is parked
		}
		f.send(row.url, "wake up")
		f.wantBodies(<-polled, "wake up")
		if waited := time.Since(began); waited > patienceMax {
			t.Errorf("the poll was not woken, it ended after %v", waited)
		}
	}
}

func TestCase_R8_R9_R12_R18_SystemAttributes(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "0")
	f.send(url, "m")
	all := f.receiveOne(url).Attributes
	names := []string{
		"ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp",
	}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, names) {
		t.Errorf("All gives %q", got)
	}
	equal(t, "count", all["ApproximateReceiveCount"], "1")
	sent, err := strconv.ParseInt(all["SentTimestamp"], 10, 64)
	f.must(err)
	first, err := strconv.ParseInt(all["ApproximateFirstReceiveTimestamp"], 10, 64)
	f.must(err)
	if ago := time.Since(time.UnixMilli(sent)); first < sent || ago < -time.Minute || ago > time.Hour {
		t.Errorf("sent %d, first received %d, in ms", sent, first)
	}
	chosen := f.receiveOne(url, func(in *sqs.ReceiveMessageInput) {
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{
			"SenderId", "SequenceNumber", "NobodyKnows",
		}
	}).Attributes
	if !maps.Equal(chosen, map[string]string{"SenderId": all["SenderId"]}) {
		t.Errorf("only SenderId exists of those asked for: %v", chosen)
	}
}

func TestCase_R19_SecondReceive(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "0")
	f.send(url, "m")
	first, second := f.receiveOne(url), f.receiveOne(url)
	equal(t, "MessageId", *second.MessageId, *first.MessageId)
	equal(t, "count", second.Attributes["ApproximateReceiveCount"], "2")
	const firstTime = "ApproximateFirstReceiveTimestamp"
	equal(t, firstTime, second.Attributes[firstTime], first.Attributes[firstTime])
	if *first.ReceiptHandle == *second.ReceiptHandle {
		t.Error("both receives gave the same receipt handle")
	}
}
