// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	accountA = "111111111111"
	accountB = "222222222222"
)

func rootOf(account string) string { return "arn:aws:iam::" + account + ":root" }

func (f *fixture) tryAllow(queueURL, label string, accounts []string, actions ...string) error {
	_, err := f.sqs.AddPermission(f.ctx, &sqs.AddPermissionInput{
		QueueUrl: &queueURL, Label: &label, AWSAccountIds: accounts, Actions: actions,
	})
	return err
}

func (f *fixture) allow(queueURL, label string, accounts []string, actions ...string) {
	f.Helper()
	f.must(f.tryAllow(queueURL, label, accounts, actions...))
}

func (f *fixture) tryRemove(queueURL, label string) error {
	_, err := f.sqs.RemovePermission(f.ctx, &sqs.RemovePermissionInput{
		QueueUrl: &queueURL, Label: &label,
	})
	return err
}

// policy is the queue's Policy with lists sorted: SQS does not keep their order.
func (f *fixture) policy(queueURL string) map[string]any {
	f.Helper()
	var parsed map[string]any
	f.must(json.Unmarshal([]byte(f.attributes(queueURL)["Policy"]), &parsed))
	for _, each := range parsed["Statement"].([]any) {
		statement := each.(map[string]any)
		sortList(statement["Action"])
		sortList(statement["Principal"].(map[string]any)["AWS"])
	}
	return parsed
}

func sortList(value any) {
	if list, several := value.([]any); several {
		slices.SortFunc(list, func(a, b any) int {
			if a.(string) < b.(string) {
				return -1
			}
			return 1
		})
	}
}

func statement(queueURL, label string, principal, action any) map[string]any {
	return map[string]any{
		"Sid": label, "Effect": "Allow", "Principal": map[string]any{"AWS": principal},
		"Action": action, "Resource": arnOf(queueURL),
	}
}

func (f *fixture) wantPolicy(queueURL string, statements ...any) {
	f.Helper()
	want := map[string]any{
		"Version": "2008-10-17", "Id": arnOf(queueURL) + "/SQSDefaultPolicy", "Statement": statements,
	}
	if got := f.policy(queueURL); !reflect.DeepEqual(got, want) {
		f.Errorf("policy %v\nwant   %v", got, want)
	}
}

func TestCase_G7_G8_G11_StatementsOfAPolicy(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.allow(url, "both", []string{accountA, accountB}, "ReceiveMessage")
	both := statement(url, "both", []any{rootOf(accountA), rootOf(accountB)}, "SQS:ReceiveMessage")
	f.wantPolicy(url, both)
	f.allow(url, "single", []string{accountA}, "SendMessage", "DeleteMessage")
	single := statement(url, "single", rootOf(accountA), []any{"SQS:DeleteMessage", "SQS:SendMessage"})
	f.wantPolicy(url, both, single)
}

func TestCase_G9_G12_RemovePermission(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	unknown := func() {
		t.Helper()
		badParameter(t, f.tryRemove(url, "nobody"),
			"Value nobody for parameter Label is invalid. Reason: can't find label.")
	}
	unknown()
	f.allow(url, "label", []string{accountA}, "ReceiveMessage")
	unknown()
	f.must(f.tryRemove(url, "label"))
	if policy, there := f.attributes(url)["Policy"]; there {
		t.Errorf("the last statement is gone, the policy is not: %s", policy)
	}
}

func TestCase_G10_LabelIsTaken(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.allow(url, "crossaccountpermission", []string{accountA}, "ReceiveMessage")
	badParameter(t, f.tryAllow(url, "crossaccountpermission", []string{accountB}, "SendMessage"),
		"Value crossaccountpermission for parameter Label is invalid. Reason: Already exists.")
}

func TestCase_G13_OverLimit(t *testing.T) {
	f := start(t)
	eight := []string{
		"SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility",
		"GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",
	}
	url := f.createQueue()
	refused[*types.OverLimit](t, f.tryAllow(url, "eight", []string{accountA}, eight...), "OverLimit",
		http.StatusForbidden, "8 Actions were found, maximum allowed is 7.")
	f.allow(url, "seven", []string{accountA}, eight[:7]...)
}

func TestPermissions_RequestsThatAreRefused(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	badParameter(t, f.tryAllow(url, "not a label", []string{accountA}, "SendMessage"),
		"Value not a label for parameter Label is invalid. Reason: Can only include alphanumeric "+
			"characters, hyphens, or underscores. 1 to 80 in length.")
	badParameter(t, f.tryAllow(url, "label", []string{accountA}, "RemovePermission"),
		"Value SQS:RemovePermission for parameter ActionName is invalid. Reason: Only the queue owner "+
			"is allowed to invoke this action.")
	badParameter(t, f.tryAllow(url, "label", []string{"12"}, "SendMessage"),
		"Value [12] for parameter PrincipalId is invalid. Reason: Unable to verify.")
}
