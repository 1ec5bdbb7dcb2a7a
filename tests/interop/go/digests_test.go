// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func writeCounted(digest hash.Hash, bytes []byte) {
	digest.Write(binary.BigEndian.AppendUint32(nil, uint32(len(bytes))))
	digest.Write(bytes)
}

// attributesMD5 is MD5OfMessageAttributes, which this SDK, unlike that of bodies, does not check.
func attributesMD5(attributes map[string]types.MessageAttributeValue) string {
	digest := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		writeCounted(digest, []byte(name))
		writeCounted(digest, []byte(*value.DataType))
		if strings.HasPrefix(*value.DataType, "Binary") {
			digest.Write([]byte{2})
			writeCounted(digest, value.BinaryValue)
		} else {
			digest.Write([]byte{1})
			writeCounted(digest, []byte(*value.StringValue))
		}
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func text(dataType, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: &dataType, StringValue: &value}
}

func bytesValue(dataType string, value []byte) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: &dataType, BinaryValue: value}
}

func with(attributes map[string]types.MessageAttributeValue) sendChange {
	return func(in *sqs.SendMessageInput) { in.MessageAttributes = attributes }
}

func one(name string, value types.MessageAttributeValue) map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{name: value}
}

func TestCase_S15_S16_S17_S18_KnownDigests(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	trace := []byte("traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01")
	for digest, attributes := range map[string]map[string]types.MessageAttributeValue{
		"235c5c510d26fb653d073faed50ae77c": one("timestamp", text("Number", "1493147359900")),
		"2e2e4876d8e0bd6b8c2c8f556831c349": one("timestamp",
			text("Number.java.lang.Long", "1493147359900")),
		"8cbe4db156db8a94db8b801b7addb984": one("attr1", bytesValue("Binary", trace)),
		"a45daa70926828a2f0a1db3418e6feb4": one("k", text("String", "x")),
		"9e05cca738e70ff6c6041e82d5e77ef1": one("somevalue", text("String.custom", "somevalue")),
	} {
		sent := f.send(url, digest, with(attributes))
		equal(t, "sent", aws.ToString(sent.MD5OfMessageAttributes), digest)
		message := f.receiveOne(url)
		equal(t, "received", aws.ToString(message.MD5OfMessageAttributes), digest)
		equal(t, "computed from what came back", attributesMD5(message.MessageAttributes), digest)
	}
}

func TestCase_S12_S17_EveryDataTypeComesBack(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	attributes := map[string]types.MessageAttributeValue{
		"text":         text("String", "Grüße \U0001F30A\r\n\t<&>\"'"),
		"labelled":     text("String.custom", "x"),
		"number":       text("Number", "-0012.50e+3"),
		"long":         text("Number.java.lang.Long", "1493147359900"),
		"binary":       bytesValue("Binary", all),
		"image":        bytesValue("Binary.gif", []byte{0}),
		"attr.1øßä":    text("String", "name"),
		"with-hyphen_": text("String", "name"),
	}
	sent := f.send(url, "m", with(attributes))
	message := f.receiveOne(url)
	equal(t, "count", len(message.MessageAttributes), len(attributes))
	for name, want := range attributes {
		got := message.MessageAttributes[name]
		equal(t, name+" type", aws.ToString(got.DataType), *want.DataType)
		equal(t, name+" text", aws.ToString(got.StringValue), aws.ToString(want.StringValue))
		equal(t, name+" bytes", string(got.BinaryValue), string(want.BinaryValue))
	}
	equal(t, "digest sent", aws.ToString(sent.MD5OfMessageAttributes), attributesMD5(attributes))
	equal(t, "digest received", aws.ToString(message.MD5OfMessageAttributes),
		attributesMD5(attributes))
}

func TestCase_S19_TraceHeaderHasADigestOfItsOwn(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	header := "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	sent := f.send(url, "m", with(one("k", text("String", "x"))), func(in *sqs.SendMessageInput) {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &header},
		}
	})
	equal(t, "system", aws.ToString(sent.MD5OfMessageSystemAttributes),
		"5ae4d5d7636402d80f4eb6d213245a88")
	equal(t, "user", aws.ToString(sent.MD5OfMessageAttributes), "a45daa70926828a2f0a1db3418e6feb4")
	equal(t, "header", f.receiveOne(url).Attributes["AWSTraceHeader"], header)
}

func TestCase_R7_R13_R14_R15_R16_ChosenMessageAttributes(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "0")
	f.send(url, "m", with(map[string]types.MessageAttributeValue{
		"Help.Me": text("String", "Me"), "Hello": text("String", "There"),
		"General": text("String", "Kenobi"),
	}))
	for _, row := range []struct {
		names  []string
		count  int
		digest string
	}{
		{[]string{"All"}, 3, "4c360f3fdafd970e05fae2f149d997f5"},
		{[]string{".*"}, 3, "4c360f3fdafd970e05fae2f149d997f5"},
		{[]string{"Hel.*"}, 2, "83fee93c1bcd8b9a5a923ffacdc636c7"},
		{[]string{"Hello", "General"}, 2, "fca026605781cb4126a1e9044df24232"},
		{[]string{"Unknown", "AWS.", "..foo"}, 0, ""},
		{nil, 0, ""},
	} {
		message := f.receiveOne(url, naming(row.names...))
		equal(t, "number of attributes", len(message.MessageAttributes), row.count)
		equal(t, "digest", aws.ToString(message.MD5OfMessageAttributes), row.digest)
		if row.count == 0 && message.MD5OfMessageAttributes != nil {
			t.Errorf("%q: a digest of nothing", row.names)
		}
	}
}
