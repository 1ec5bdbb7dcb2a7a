// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.MAXIMUM_MESSAGE_SIZE;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.BatchEntryIdsNotDistinctException;
import software.amazon.awssdk.services.sqs.model.BatchRequestTooLongException;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.EmptyBatchRequestException;
import software.amazon.awssdk.services.sqs.model.InvalidBatchEntryIdException;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.TooManyEntriesInBatchRequestException;

/** Contract section 6.5: the three batch actions. */
class BatchCasesTest extends SqsCase {
  private static final String CODE = "AWS.SimpleQueueService.";

  @Test
  void case_B1_allSucceed() {
    SendMessageBatchResponse done =
        sendBatch(createQueue(), List.of(entry("a", "1"), entry("b", "2"), entry("c", "3")));
    assertThat(ids(done)).containsExactly("a", "b", "c");
    assertThat(done.hasFailed()).isFalse();
  }

  @Test
  void case_B2_B13_emptyBatches() {
    String url = createQueue();
    assertRefused(EmptyBatchRequestException.class, CODE + "EmptyBatchRequest",
        "There should be at least one SendMessageBatchRequestEntry in the request.",
        () -> sendBatch(url, List.of()));
    assertRefused(EmptyBatchRequestException.class, CODE + "EmptyBatchRequest",
        "There should be at least one DeleteMessageBatchRequestEntry in the request.",
        () -> deleteBatch(url, List.of()));
  }

  @Test
  void case_B3_twentyEntries() {
    String url = createQueue();
    List<String> ids = IntStream.range(0, 20).mapToObj(Integer::toString).toList();
    String text = "Maximum number of entries per request are 10. You have sent 20.";
    assertRefused(TooManyEntriesInBatchRequestException.class,
        CODE + "TooManyEntriesInBatchRequest", text,
        () -> sendBatch(url, ids.stream().map(id -> entry(id, "b")).toList()));
    assertRefused(TooManyEntriesInBatchRequestException.class,
        CODE + "TooManyEntriesInBatchRequest", text,
        () -> deleteBatch(url, ids.stream().map(id -> deletion(id, "h")).toList()));
    assertRefused(TooManyEntriesInBatchRequestException.class,
        CODE + "TooManyEntriesInBatchRequest", text,
        () -> changeBatch(url, ids.stream().map(id -> change(id, "h", 1)).toList()));
  }

  @Test
  void case_B4_B5_entryIds() {
    String url = createQueue();
    for (String id : List.of("a:b", "a b", "", "x".repeat(100))) {
      assertRefused(InvalidBatchEntryIdException.class, CODE + "InvalidBatchEntryId",
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It"
              + " can be at most 80 letters long.",
          () -> sendBatch(url, List.of(entry(id, "b"))));
    }
    assertRefused(BatchEntryIdsNotDistinctException.class, CODE + "BatchEntryIdsNotDistinct",
        "Id b repeated.",
        () -> sendBatch(url, List.of(entry("a", "1"), entry("b", "2"), entry("b", "3"))));
    assertThat(counts(url)).containsExactly(0, 0, 0);
  }

  @Test
  void case_B6_tooLongTogether() {
    String url = createQueue();
    String half = "x".repeat(524_288);
    assertRefused(BatchRequestTooLongException.class, CODE + "BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
        () -> sendBatch(url, List.of(entry("a", half), entry("b", half + "x"))));
    assertThat(ids(sendBatch(url, List.of(entry("a", half), entry("b", half)))))
        .containsExactly("a", "b");
  }

  @Test
  void case_B7_B15_oneEntryTooLong() {
    String url = createQueue(Map.of(MAXIMUM_MESSAGE_SIZE, "1024"));
    SendMessageBatchResponse done =
        sendBatch(url, List.of(entry("1", "x".repeat(1025)), entry("2", "short")));
    assertThat(ids(done)).containsExactly("2");
    assertThat(done.failed()).containsExactly(failure("1", "InvalidParameterValue",
        "One or more parameters cannot be validated. Reason: Message must be shorter than 1024"
            + " bytes."));
    assertThat(receiveOne(url).body()).isEqualTo("short");
  }

  @Test
  void case_B8_exactlyFull() {
    String url = createQueue(Map.of(MAXIMUM_MESSAGE_SIZE, "2048"));
    SendMessageBatchRequestEntry full = entry("full", "x".repeat(2048 - "kStringx".length()))
        .toBuilder().messageAttributes(Map.of("k", text("String", "x"))).build();
    SendMessageBatchResponse done = sendBatch(url, List.of(full, entry("small", "y")));
    assertThat(ids(done)).containsExactly("full", "small");
    assertThat(done.successful().get(0).md5OfMessageAttributes())
        .isEqualTo("a45daa70926828a2f0a1db3418e6feb4");
  }

  @Test
  void case_B9_oneEntryWithAForbiddenCharacter() {
    SendMessageBatchResponse done =
        sendBatch(createQueue(), List.of(entry("a", "1"), entry("b", "\b"), entry("c", "3")));
    assertThat(ids(done)).containsExactly("a", "c");
    assertThat(done.failed()).hasSize(1);
    assertThat(done.failed().get(0).code()).isEqualTo("InvalidMessageContents");
    assertThat(done.failed().get(0).message()).isNotBlank();
  }

  @Test
  void case_B10_B11_fifoEntryWithoutGroupOrDeduplicationId() {
    String url = createFifo(Map.of());
    SendMessageBatchRequestEntry good = entry("a", "1").toBuilder()
        .messageGroupId("g").messageDeduplicationId("1").build();
    assertInvalidParameter("The request must contain the parameter MessageGroupId.",
        () -> sendBatch(url, List.of(good,
            entry("b", "2").toBuilder().messageDeduplicationId("2").build())));
    assertInvalidParameter("The queue should either have ContentBasedDeduplication enabled or"
            + " MessageDeduplicationId provided explicitly",
        () -> sendBatch(url, List.of(good,
            entry("b", "2").toBuilder().messageGroupId("g").build())));
    assertThat(counts(url)).containsExactly(0, 0, 0);
  }

  @Test
  void case_B12_oneUnknownHandle() {
    String url = createQueue();
    send(url, "b");
    DeleteMessageBatchResponse done = deleteBatch(url,
        List.of(deletion("good", receiveOne(url).receiptHandle()), deletion("bad", "garbage")));
    assertThat(done.successful()).extracting(each -> each.id()).containsExactly("good");
    assertThat(done.failed()).containsExactly(failure("bad", "ReceiptHandleIsInvalid",
        "The input receipt handle \"garbage\" is not a valid receipt handle."));
    assertThat(counts(url)).containsExactly(0, 0, 0);
  }

  @Test
  void case_B14_tenOutAndTenIn() {
    String url = createQueue();
    List<String> sent = IntStream.range(0, 10).mapToObj(number -> "body " + number).toList();
    sendBatch(url, IntStream.range(0, 10).mapToObj(i -> entry("e" + i, sent.get(i))).toList());
    List<Message> received = new ArrayList<>();
    for (List<Message> some = receive(url, 10); !some.isEmpty(); some = receive(url, 10)) {
      received.addAll(some);
    }
    assertThat(bodies(received)).containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  void visibilityOfABatchWithPartialFailure() {
    String url = createQueue();
    send(url, "a");
    send(url, "b");
    List<Message> messages = receive(url, 10);
    ChangeMessageVisibilityBatchResponse done = changeBatch(url, List.of(
        change("0", messages.get(0).receiptHandle(), 0),
        change("1", messages.get(1).receiptHandle(), -85),
        change("2", "garbage", 0)));
    assertThat(done.successful()).extracting(each -> each.id()).containsExactly("0");
    assertThat(done.failed()).containsExactlyInAnyOrder(
        failure("1", "InvalidParameterValue", "Value -85 for parameter VisibilityTimeout is"
            + " invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."),
        failure("2", "ReceiptHandleIsInvalid",
            "The input receipt handle \"garbage\" is not a valid receipt handle."));
    assertThat(counts(url)).containsExactly(1, 1, 0);
  }

  private static SendMessageBatchResponse sendBatch(
      String url, List<SendMessageBatchRequestEntry> entries) {
    return sqs.sendMessageBatch(request -> request.queueUrl(url).entries(entries));
  }

  private static DeleteMessageBatchResponse deleteBatch(
      String url, List<DeleteMessageBatchRequestEntry> entries) {
    return sqs.deleteMessageBatch(request -> request.queueUrl(url).entries(entries));
  }

  private static ChangeMessageVisibilityBatchResponse changeBatch(
      String url, List<ChangeMessageVisibilityBatchRequestEntry> entries) {
    return sqs.changeMessageVisibilityBatch(request -> request.queueUrl(url).entries(entries));
  }

  private static SendMessageBatchRequestEntry entry(String id, String body) {
    return SendMessageBatchRequestEntry.builder().id(id).messageBody(body).build();
  }

  private static DeleteMessageBatchRequestEntry deletion(String id, String handle) {
    return DeleteMessageBatchRequestEntry.builder().id(id).receiptHandle(handle).build();
  }

  private static ChangeMessageVisibilityBatchRequestEntry change(
      String id, String handle, int seconds) {
    return ChangeMessageVisibilityBatchRequestEntry.builder()
        .id(id).receiptHandle(handle).visibilityTimeout(seconds).build();
  }

  private static BatchResultErrorEntry failure(String id, String code, String message) {
    return BatchResultErrorEntry.builder()
        .id(id).code(code).message(message).senderFault(true).build();
  }

  private static List<String> ids(SendMessageBatchResponse done) {
    return done.successful().stream().map(SendMessageBatchResultEntry::id).toList();
  }
}
