// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// proxy stands before the server, counts requests and may change answers.
type proxy struct {
	url      string
	requests atomic.Int32
	altered  atomic.Int32
}

// newProxy passes every answer's body through change.
func (f *fixture) newProxy(change func(body string) string) *proxy {
	target, err := url.Parse(endpoint)
	f.must(err)
	made := &proxy{}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(response *http.Response) error {
			body, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			changed := change(string(body))
			if changed != string(body) {
				made.altered.Add(1)
			}
			response.Body = io.NopCloser(strings.NewReader(changed))
			response.ContentLength = int64(len(changed))
			response.Header.Del("Content-Length")
			return nil
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made.requests.Add(1)
		forward.ServeHTTP(w, r)
	}))
	f.Cleanup(server.Close)
	made.url = server.URL
	return made
}

func at(endpointURL string) func(*sqs.Options) {
	return func(o *sqs.Options) { o.BaseEndpoint = &endpointURL }
}

func unchecked(o *sqs.Options) { o.DisableMessageChecksumValidation = true }

// exchange sends, sends as a batch and receives, and gives the errors of the three.
func (f *fixture) exchange(client *sqs.Client) [3]error {
	f.Helper()
	queueURL := f.createQueue("VisibilityTimeout", "0")
	_, sent := client.SendMessage(f.ctx, &sqs.SendMessageInput{
		QueueUrl: &queueURL, MessageBody: aws.String("message"),
	})
	_, batch := client.SendMessageBatch(f.ctx, &sqs.SendMessageBatchInput{
		QueueUrl: &queueURL, Entries: []types.SendMessageBatchRequestEntry{entry("a", "message")},
	})
	out, received := client.ReceiveMessage(f.ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL})
	if received == nil && len(out.Messages) == 0 {
		f.Error("nothing was received")
	}
	return [3]error{sent, batch, received}
}

func TestChecksums_WrongDigestIsNoticed(t *testing.T) {
	f := start(t)
	wrong := f.newProxy(func(body string) string {
		return strings.ReplaceAll(body, md5Hex("message"), md5Hex("another message"))
	})
	for i, err := range f.exchange(newClient(at(wrong.url))) {
		if err == nil || !strings.Contains(err.Error(), "message checksum validation failed") {
			t.Errorf("call %d did not notice a wrong digest: %v", i, err)
		}
	}
	equal(t, "altered answers", wrong.altered.Load(), 3)
	for i, err := range f.exchange(newClient(at(wrong.url), unchecked)) {
		if err != nil {
			t.Errorf("call %d fails for another reason than the digest: %v", i, err)
		}
	}
}

func TestChecksums_ChangedBodyIsNoticed(t *testing.T) {
	f := start(t)
	wrong := f.newProxy(func(body string) string {
		return strings.ReplaceAll(body, `"Body":"message"`, `"Body":"massage"`)
	})
	errs := f.exchange(newClient(at(wrong.url)))
	f.must(errs[0])
	f.must(errs[1])
	if errs[2] == nil || !strings.Contains(errs[2].Error(), "message checksum validation failed") {
		t.Errorf("a changed body was not noticed: %v", errs[2])
	}
}

func TestChecksums_AreRightWithoutTampering(t *testing.T) {
	f := start(t)
	honest := f.newProxy(func(body string) string { return body })
	for _, err := range f.exchange(newClient(at(honest.url))) {
		f.must(err)
	}
	equal(t, "requests that went through the proxy", honest.requests.Load(), 3)
}

func TestRetries_RefusalsAreNotTriedAgain(t *testing.T) {
	f := start(t)
	counting := f.newProxy(func(body string) string { return body })
	client := newClient(at(counting.url))
	url := f.createQueue()
	purge := &sqs.PurgeQueueInput{QueueUrl: &url}
	_, err := client.PurgeQueue(f.ctx, purge)
	f.must(err)
	_, err = client.PurgeQueue(f.ctx, purge)
	refusedWith(t, err, servicePrefix+"PurgeQueueInProgress", "403")
	_, err = client.GetQueueUrl(f.ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(uniqueName())})
	refusedWith(t, err, noSuchQueue, "400")
	_, err = client.ReceiveMessage(f.ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 11,
	})
	refusedWith(t, err, invalidParameter, "400")
	equal(t, "requests", counting.requests.Load(), 4)
}

// The counterpart of the test above: this SDK does try again, and the count above would show it.
func TestRetries_FaultsOfTheServerAreTriedAgain(t *testing.T) {
	f := start(t)
	failures := atomic.Int32{}
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		failures.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(failing.Close)
	client := newClient(at(failing.URL), func(o *sqs.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) { s.MaxBackoff = time.Millisecond })
	})
	_, err := client.ListQueues(f.ctx, &sqs.ListQueuesInput{})
	if err == nil {
		t.Error("503 was taken for an answer")
	}
	equal(t, "requests", int(failures.Load()), retry.DefaultMaxAttempts)
}

// seen keeps the last answer as it came over the wire.
type seen struct {
	response *http.Response
	body     []byte
}

func (s *seen) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := connections.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	s.response = response
	s.body, err = io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(s.body))
	return response, err
}

func TestCase_T1_T2_AnswersOnTheWire(t *testing.T) {
	f := start(t)
	wire := &seen{}
	f.sqs = newClient(func(o *sqs.Options) { o.HTTPClient = &http.Client{Transport: wire} })
	url := f.createQueue()
	sent := f.send(url, "m")
	id, _ := awsmiddleware.GetRequestIDMetadata(sent.ResultMetadata)
	if !uuid.MatchString(id) {
		t.Errorf("request id %q", id)
	}
	equal(t, "content type", wire.response.Header.Get("Content-Type"), "application/x-amz-json-1.0")
	f.delete(url, f.receiveOne(url))
	equal(t, "body of an action without output", string(wire.body), "")
	equal(t, "its length", wire.response.ContentLength, 0)
	equal(t, "its type", wire.response.Header.Get("Content-Type"), "application/x-amz-json-1.0")
}
