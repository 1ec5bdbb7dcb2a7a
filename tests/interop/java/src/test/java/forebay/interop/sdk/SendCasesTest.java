// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.DELAY_SECONDS;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.MAXIMUM_MESSAGE_SIZE;

import forebay.interop.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.InvalidMessageContentsException;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeNameForSends;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;
import software.amazon.awssdk.services.sqs.model.UnsupportedOperationException;

/** Contract section 6.4 and T27, T28: bodies, attributes and their digests. */
class SendCasesTest extends SqsCase {
  private static final int BODY_BYTES_MAX = 1_048_576;
  private static final String TRACE =
      "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

  @Test
  void case_S1_digestAndIdOfAMessage() {
    SendMessageResponse sent = send(createQueue(), "message");
    assertThat(sent.md5OfMessageBody()).isEqualTo("78e731027d8fd50ed642340b7c9a63b3");
    assertThat(UUID.fromString(sent.messageId()).toString()).isEqualTo(sent.messageId());
    assertThat(sent.sequenceNumber()).isNull();
    assertThat(sent.md5OfMessageAttributes()).isNull();
  }

  @Test
  void case_S2_emptyBody() {
    String url = createQueue();
    assertRefused("MissingParameter", "The request must contain the parameter MessageBody.",
        () -> send(url, ""));
  }

  @Test
  void case_S3_S4_oneMebibyte() {
    String url = createQueue();
    String body = "x".repeat(BODY_BYTES_MAX);
    send(url, body);
    assertThat(receiveOne(url).body().equals(body)).isTrue();
    assertInvalidParameter("One or more parameters are invalid. Reason: Message must be shorter"
        + " than 1048576 bytes.", () -> send(url, body + "x"));
  }

  @Test
  void case_S3_oneMebibyteOfUnicodeThroughTheOtherHttpClient() {
    String url = createQueue();
    String body = "\uD83D\uDE80".repeat(BODY_BYTES_MAX / 4);
    try (SqsClient other = Clients.urlConnection(Endpoint.uri(), Endpoint.REGION)) {
      other.sendMessage(request -> request.queueUrl(url).messageBody(body));
      List<Message> messages = other.receiveMessage(request -> request.queueUrl(url)).messages();
      assertThat(messages).hasSize(1);
      assertThat(messages.get(0).body().equals(body)).isTrue();
    }
  }

  @Test
  void case_S5_S6_S7_whatCountsAsSize() {
    String url = createQueue(Map.of(MAXIMUM_MESSAGE_SIZE, "1024"));
    String full = "x".repeat(1024);
    String refusal =
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.";
    send(url, full);
    assertInvalidParameter(refusal, () -> send(url, full + "x"));
    assertInvalidParameter(refusal, () -> send(url, full, Map.of("k", text("String", "x"))));
    sendTraced(url, full);
    assertThat(counts(url)).containsExactly(2, 0, 0);
  }

  @Test
  void case_S8_S9_charactersOfABody() {
    String url = createQueue();
    for (String bad : List.of("\uFFFF", "a\u0000", "\b", "\u0013z")) {
      assertRefused(InvalidMessageContentsException.class, "InvalidMessageContents",
          "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF"
              + " | #xE000 to #xFFFD | #x10000 to #x10FFFF",
          () -> send(url, bad));
    }
    send(url, "\uFFFD");
    assertThat(receiveOne(url).body()).isEqualTo("\uFFFD");
  }

  @Test
  void case_T27_T28_bodiesComeBackAsTheyWere() {
    String url = createQueue();
    List<String> sent = List.of(
        "first\r\nsecond\r\n\tthird\n",
        "{\"foo\": \"ba\\rr\", \"foo2\": \"ba&quot;r&quot;\"}",
        "<a href='x'>&amp;</a> \\u0041 100% +/= ",
        "Grüße, Ωμέγα, 東京, \uD83D\uDE80\uD83D\uDC69\u200D\uD83D\uDE80, e\u0301");
    sent.forEach(body -> send(url, body));
    assertThat(bodies(receive(url, 10))).containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  void case_S10_S11_emptyAndForbiddenAttributeValues() {
    String url = createQueue();
    assertInvalidParameter("Message (user) attribute 'ErrorDetails' must contain a non-empty value"
            + " of type 'String'.",
        () -> send(url, "b", Map.of("ErrorDetails", text("String", ""))));
    assertCode("InvalidParameterValue", url, "ErrorDetails", text("String", "a\bb"));
  }

  @Test
  void case_S12_S13_S14_attributeNamesAndTypes() {
    String url = createQueue();
    MessageAttributeValue value = text("String", "v");
    send(url, "b", Map.of("attr.1øßä", value));
    assertThat(receiveOne(url).messageAttributes()).containsOnly(Map.entry("attr.1øßä", value));
    for (String name : List.of(".a", "a.", "aWs.x", "AMAZON.x", "a!", "a\"", "a§", "a(", "a?",
        "n".repeat(257))) {
      assertCode("InvalidParameterValue", url, name, value);
    }
    assertCode("InvalidParameterValue", url, "a", text("Invalid", "v"));
  }

  @Test
  void case_S15_numberDigest() {
    assertDigest("timestamp", text("Number", "1493147359900"), "235c5c510d26fb653d073faed50ae77c");
  }

  @Test
  void case_S16_typeWithALabel() {
    assertDigest("timestamp", text("Number.java.lang.Long", "1493147359900"),
        "2e2e4876d8e0bd6b8c2c8f556831c349");
    assertDigest("somevalue", text("String.custom", "somevalue"),
        "9e05cca738e70ff6c6041e82d5e77ef1");
  }

  @Test
  void case_S17_binaryDigest() {
    String trace = "traceparent\u001e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01";
    assertDigest("attr1", binary("Binary", trace.getBytes(StandardCharsets.US_ASCII)),
        "8cbe4db156db8a94db8b801b7addb984");
  }

  @Test
  void case_S18_stringDigest() {
    assertDigest("k", text("String", "x"), "a45daa70926828a2f0a1db3418e6feb4");
  }

  /** Ten attributes of all types; the SDK compares the digest of the whole set both ways. */
  @Test
  void allDataTypesTogether() {
    byte[] everyByte = new byte[256];
    for (int value = 0; value < everyByte.length; value++) {
      everyByte[value] = (byte) value;
    }
    Map<String, MessageAttributeValue> attributes = Map.of(
        "text", text("String", "Grüße \uD83D\uDE80\r\n"),
        "labelled", text("String.uuid", UUID.randomUUID().toString()),
        "int", text("Number.int", "-42"),
        "long", text("Number.java.lang.Long", "9223372036854775807"),
        "digits", text("Number", "12345678901234567890123456789012345678"),
        "fraction", text("Number", "1.50E-3"),
        "bytes", binary("Binary", everyByte),
        "gif", binary("Binary.gif", new byte[] {0x47, 0x49, 0x46}),
        "zero", binary("Binary", new byte[1]),
        "Zero", text("Number", "0"));
    String url = createQueue();
    assertThat(send(url, "all", attributes).md5OfMessageAttributes()).isNotNull();
    assertThat(receiveOne(url).messageAttributes()).isEqualTo(attributes);
  }

  @Test
  void attributeListsAreNotSupported() {
    String url = createQueue();
    MessageAttributeValue list =
        MessageAttributeValue.builder().dataType("String").stringListValues("a", "b").build();
    assertRefused(UnsupportedOperationException.class,
        "AWS.SimpleQueueService.UnsupportedOperation",
        "Message attribute list values in SendMessage operation are not supported.",
        () -> send(url, "b", Map.of("list", list)));
  }

  @Test
  void case_S19_traceHeader() {
    String url = createQueue();
    SendMessageResponse sent = sendTraced(url, "b");
    assertThat(sent.md5OfMessageSystemAttributes()).isEqualTo("5ae4d5d7636402d80f4eb6d213245a88");
    assertThat(sent.md5OfMessageAttributes()).isNull();
    assertThat(receiveOne(url).attributes())
        .containsEntry(MessageSystemAttributeName.AWS_TRACE_HEADER, TRACE);
  }

  @Test
  void case_S21_S22_groupsOnAStandardQueue() {
    String url = createQueue();
    assertThat(sendToGroup(url, "test", "b").sequenceNumber()).isNull();
    assertThat(receiveOne(url).attributes())
        .containsEntry(MessageSystemAttributeName.MESSAGE_GROUP_ID, "test");
    assertInvalidParameter("Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId"
            + " can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        () -> sendToGroup(url, "", "b"));
  }

  @Test
  void case_S25_S26_S27_whatAFifoQueueNeeds() {
    String url = createFifo(Map.of());
    assertInvalidParameter("The queue should either have ContentBasedDeduplication enabled or"
        + " MessageDeduplicationId provided explicitly", () -> sendToGroup(url, "g", "b"));
    assertRefused("MissingParameter", "The request must contain the parameter MessageGroupId.",
        () -> sqs.sendMessage(
            request -> request.queueUrl(url).messageBody("b").messageDeduplicationId("d")));
    assertInvalidParameter("Value 2 for parameter DelaySeconds is invalid. Reason: The request"
            + " include parameter that is not valid for this queue type.",
        () -> sqs.sendMessage(request -> request.queueUrl(url).messageBody("b")
            .messageGroupId("g").messageDeduplicationId("d").delaySeconds(2)));
  }

  @Test
  void case_S29_S30_delays() {
    String url = createQueue(Map.of(DELAY_SECONDS, "900"));
    assertInvalidParameter("Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds"
            + " must be >= 0 and <= 900.",
        () -> sqs.sendMessage(request -> request.queueUrl(url).messageBody("b")
            .delaySeconds(1000)));
    send(url, "by the queue");
    sqs.sendMessage(request -> request.queueUrl(url).messageBody("later").delaySeconds(3));
    assertThat(counts(url)).containsExactly(0, 0, 2);
    List<Message> arrived = sqs.receiveMessage(
        request -> request.queueUrl(url).waitTimeSeconds(10)).messages();
    assertThat(bodies(arrived)).containsExactly("later");
    assertThat(counts(url)).containsExactly(0, 1, 1);
  }

  private void assertDigest(String name, MessageAttributeValue value, String digest) {
    String url = createQueue();
    assertThat(send(url, "b", Map.of(name, value)).md5OfMessageAttributes()).isEqualTo(digest);
    Message received = receiveOne(url);
    assertThat(received.md5OfMessageAttributes()).isEqualTo(digest);
    assertThat(received.messageAttributes()).containsOnly(Map.entry(name, value));
  }

  private static void assertCode(
      String code, String url, String name, MessageAttributeValue value) {
    assertThat(codeOf(() -> send(url, "b", Map.of(name, value)))).as(name).isEqualTo(code);
  }

  private static SendMessageResponse sendTraced(String url, String body) {
    MessageSystemAttributeValue trace =
        MessageSystemAttributeValue.builder().dataType("String").stringValue(TRACE).build();
    return sqs.sendMessage(request -> request.queueUrl(url).messageBody(body)
        .messageSystemAttributes(
            Map.of(MessageSystemAttributeNameForSends.AWS_TRACE_HEADER, trace)));
  }

  private static MessageAttributeValue binary(String type, byte[] value) {
    return MessageAttributeValue.builder()
        .dataType(type).binaryValue(SdkBytes.fromByteArray(value)).build();
  }
}
