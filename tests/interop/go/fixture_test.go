// SPDX-License-Identifier: Apache-2.0

// Package interop tests a Forebay server through the AWS SDK for Go v2: what a Go program sees of
// it, typed results and typed errors. Test names carry the cases of the SQS contract they check.
package interop

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	account     = "000000000000"
	region      = "us-east-1"
	patienceMax = 15 * time.Second // for what the server does by itself, e.g. moving messages
	testTimeMax = 50 * time.Second
)

var endpoint = os.Getenv("FOREBAY_ENDPOINT")

func TestMain(m *testing.M) {
	if endpoint == "" {
		fmt.Fprintln(os.Stderr, "interop/go: FOREBAY_ENDPOINT must name a running server")
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// transport is net/http's, for requests of this SDK. smithy-go closes a request's body when the
// head of the answer is there, and a closed body's WriteTo gives io.EOF as an error. On a busy machine
// net/http may look for the end of the body only then; it takes the error for a failed write and
// closes the connection, and the SDK repeats a call that was served: a message sent twice, a
// receive lost. An io.ReadCloser alone has no WriteTo, and Read's io.EOF is the end net/http looks for.
type transport struct{ pool http.RoundTripper }

var connections = transport{http.DefaultTransport.(*http.Transport).Clone()}

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		request = request.Clone(request.Context())
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	return t.pool.RoundTrip(request)
}

// newClient makes a client much as an application would.
func newClient(options ...func(*sqs.Options)) *sqs.Client {
	base := sqs.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   &http.Client{Transport: connections},
	}
	return sqs.New(base, options...)
}

// fixture is what a test works with: a client, and the calls most tests need, which end the test
// when they are refused.
type fixture struct {
	*testing.T
	ctx context.Context
	sqs *sqs.Client
}

// start runs the test beside the others; every test has queues of its own.
func start(t *testing.T) *fixture {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeMax)
	t.Cleanup(cancel)
	return &fixture{T: t, ctx: ctx, sqs: newClient()}
}

func uniqueName() string {
	bytes := make([]byte, 8)
	rand.Read(bytes)
	return "go-" + hex.EncodeToString(bytes)
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) createNamed(name string, attributes map[string]string) string {
	f.Helper()
	out, err := f.sqs.CreateQueue(f.ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: attributes,
	})
	f.must(err)
	return *out.QueueUrl
}

// createQueue makes a standard queue for the test alone; attributes are pairs of name and value.
func (f *fixture) createQueue(attributes ...string) string {
	f.Helper()
	return f.createNamed(uniqueName(), pairs(attributes))
}

func (f *fixture) createFifo(attributes ...string) string {
	f.Helper()
	return f.createNamed(uniqueName()+".fifo", pairs(append(attributes, "FifoQueue", "true")))
}

func pairs(flat []string) map[string]string {
	made := map[string]string{}
	for i := 0; i+1 < len(flat); i += 2 {
		made[flat[i]] = flat[i+1]
	}
	return made
}

func nameOf(queueURL string) string { return queueURL[strings.LastIndex(queueURL, "/")+1:] }

func arnOf(queueURL string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", region, account, nameOf(queueURL))
}

func (f *fixture) attributes(queueURL string, names ...types.QueueAttributeName) map[string]string {
	f.Helper()
	if len(names) == 0 {
		names = []types.QueueAttributeName{types.QueueAttributeNameAll}
	}
	out, err := f.sqs.GetQueueAttributes(f.ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL, AttributeNames: names,
	})
	f.must(err)
	return out.Attributes
}

func (f *fixture) set(queueURL string, attributes ...string) {
	f.Helper()
	f.must(f.trySet(queueURL, attributes...))
}

func (f *fixture) trySet(queueURL string, attributes ...string) error {
	_, err := f.sqs.SetQueueAttributes(f.ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: &queueURL, Attributes: pairs(attributes),
	})
	return err
}

type sendChange = func(*sqs.SendMessageInput)

func inGroup(group string, deduplicationID string) sendChange {
	return func(in *sqs.SendMessageInput) {
		in.MessageGroupId = &group
		if deduplicationID != "" {
			in.MessageDeduplicationId = &deduplicationID
		}
	}
}

func delayedBy(seconds int32) sendChange {
	return func(in *sqs.SendMessageInput) { in.DelaySeconds = seconds }
}

func (f *fixture) trySend(
	queueURL, body string, changes ...sendChange,
) (*sqs.SendMessageOutput, error) {
	in := &sqs.SendMessageInput{QueueUrl: &queueURL, MessageBody: &body}
	for _, change := range changes {
		change(in)
	}
	return f.sqs.SendMessage(f.ctx, in)
}

func (f *fixture) send(queueURL, body string, changes ...sendChange) *sqs.SendMessageOutput {
	f.Helper()
	out, err := f.trySend(queueURL, body, changes...)
	f.must(err)
	return out
}

type receiveChange = func(*sqs.ReceiveMessageInput)

func atMost(count int32) receiveChange {
	return func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = count }
}

func waiting(seconds int32) receiveChange {
	return func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = seconds }
}

func invisibleFor(seconds int32) receiveChange {
	return func(in *sqs.ReceiveMessageInput) { in.VisibilityTimeout = seconds }
}

func naming(attributes ...string) receiveChange {
	return func(in *sqs.ReceiveMessageInput) { in.MessageAttributeNames = attributes }
}

// tryReceive asks for up to ten messages with all their attributes.
func (f *fixture) tryReceive(queueURL string, changes ...receiveChange) ([]types.Message, error) {
	in := &sqs.ReceiveMessageInput{
		QueueUrl:                    &queueURL,
		MaxNumberOfMessages:         10,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	}
	for _, change := range changes {
		change(in)
	}
	out, err := f.sqs.ReceiveMessage(f.ctx, in)
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

func (f *fixture) receive(queueURL string, changes ...receiveChange) []types.Message {
	f.Helper()
	messages, err := f.tryReceive(queueURL, changes...)
	f.must(err)
	return messages
}

// startPoll receives in the background; a refused poll fails the test and gives no messages.
func (f *fixture) startPoll(queueURL string, changes ...receiveChange) <-chan []types.Message {
	polled := make(chan []types.Message, 1)
	go func() {
		messages, err := f.tryReceive(queueURL, changes...)
		if err != nil {
			f.Error(err)
		}
		polled <- messages
	}()
	return polled
}

func (f *fixture) receiveOne(queueURL string, changes ...receiveChange) types.Message {
	f.Helper()
	messages := f.receive(queueURL, changes...)
	if len(messages) != 1 {
		f.Fatalf("%d messages instead of one: %q", len(messages), bodies(messages))
	}
	return messages[0]
}

func bodies(messages []types.Message) []string {
	made := []string{}
	for _, message := range messages {
		made = append(made, *message.Body)
	}
	return made
}

func (f *fixture) wantBodies(messages []types.Message, want ...string) {
	f.Helper()
	if got := bodies(messages); !slices.Equal(got, want) {
		f.Fatalf("received %q, want %q", got, want)
	}
}

func (f *fixture) tryDelete(queueURL, handle string) error {
	_, err := f.sqs.DeleteMessage(f.ctx, &sqs.DeleteMessageInput{
		QueueUrl: &queueURL, ReceiptHandle: &handle,
	})
	return err
}

func (f *fixture) delete(queueURL string, message types.Message) {
	f.Helper()
	f.must(f.tryDelete(queueURL, *message.ReceiptHandle))
}

func (f *fixture) tryChange(queueURL, handle string, seconds int32) error {
	_, err := f.sqs.ChangeMessageVisibility(f.ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &queueURL, ReceiptHandle: &handle, VisibilityTimeout: seconds,
	})
	return err
}

func (f *fixture) change(queueURL string, message types.Message, seconds int32) {
	f.Helper()
	f.must(f.tryChange(queueURL, *message.ReceiptHandle, seconds))
}

// eventually probes until it is true, for what the server does in its own time.
func (f *fixture) eventually(what string, probe func() bool) {
	f.Helper()
	deadline := time.Now().Add(patienceMax)
	for !probe() {
		if time.Now().After(deadline) {
			f.Fatalf("not within %v: %s", patienceMax, what)
		}
		time.Sleep(50 * time.Millisecond) // between two probes, nothing to wait on
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

const (
	invalidParameter = "InvalidParameterValue"
	missingParameter = "MissingParameter"
	noSuchQueue      = "AWS.SimpleQueueService.NonExistentQueue"
	noSuchQueueText  = "The specified queue does not exist."
)

type generic = *smithy.GenericAPIError // an error the SDK has no type for

// refused checks that err is of the SDK's type E and carries code, text and HTTP status.
func refused[E smithy.APIError](t testing.TB, err error, code string, status int, text string) {
	t.Helper()
	var typed E
	if !errors.As(err, &typed) {
		t.Fatalf("not a %T: %v", typed, err)
	}
	equal(t, "code", typed.ErrorCode(), code)
	equal(t, "text", typed.ErrorMessage(), text)
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		t.Fatalf("no HTTP response: %v", err)
	}
	equal(t, "status", response.HTTPStatusCode(), status)
}

func badParameter(t testing.TB, err error, text string) {
	t.Helper()
	refused[generic](t, err, invalidParameter, http.StatusBadRequest, text)
}

// refusedWith checks the code alone, where SQS's text is not recorded.
func refusedWith(t testing.TB, err error, code, what string) {
	t.Helper()
	var typed smithy.APIError
	if !errors.As(err, &typed) {
		t.Errorf("%s: not refused: %v", what, err)
		return
	}
	equal(t, what, typed.ErrorCode(), code)
}
