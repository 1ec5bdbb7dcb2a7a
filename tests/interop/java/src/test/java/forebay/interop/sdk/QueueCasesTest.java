// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.CONTENT_BASED_DEDUPLICATION;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.DEDUPLICATION_SCOPE;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.DELAY_SECONDS;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.FIFO_QUEUE;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.FIFO_THROUGHPUT_LIMIT;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.KMS_DATA_KEY_REUSE_PERIOD_SECONDS;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.KMS_MASTER_KEY_ID;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.MAXIMUM_MESSAGE_SIZE;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.MESSAGE_RETENTION_PERIOD;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.POLICY;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.QUEUE_ARN;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.REDRIVE_POLICY;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.SQS_MANAGED_SSE_ENABLED;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.VISIBILITY_TIMEOUT;

import forebay.interop.Endpoint;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeNameException;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeValueException;
import software.amazon.awssdk.services.sqs.model.ListQueuesResponse;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDeletedRecentlyException;
import software.amazon.awssdk.services.sqs.model.QueueNameExistsException;

/** Contract section 6.2: CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, attributes. */
class QueueCasesTest extends SqsCase {
  private static final String BAD_NAME =
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
  private static final String BAD_FIFO_NAME = "The name of a FIFO queue can only include"
      + " alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to"
      + " 80 in length.";
  private static final Set<QueueAttributeName> FIFO_ONLY =
      EnumSet.of(CONTENT_BASED_DEDUPLICATION, DEDUPLICATION_SCOPE, FIFO_QUEUE,
          FIFO_THROUGHPUT_LIMIT);

  @Test
  void case_Q1_urlAndArn() {
    String name = newName();
    String url = create(name, Map.of());
    assertThat(url).endsWith("/" + Endpoint.ACCOUNT + "/" + name);
    assertThat(arnOf(url)).isEqualTo(arn(name));
    assertThat(sqs.getQueueUrl(request -> request.queueName(name)).queueUrl()).isEqualTo(url);
  }

  @Test
  void case_Q2_Q4_createAgainWithoutAttributesOrWithDefaults() {
    String name = newName();
    String url = create(name, Map.of());
    assertThat(create(name, Map.of())).isEqualTo(url);
    assertThat(create(name, Map.of(VISIBILITY_TIMEOUT, "30", DELAY_SECONDS, "0"))).isEqualTo(url);
  }

  @Test
  void case_Q3_createAgainWithTheSameAttribute() {
    String name = newName();
    String url = create(name, Map.of(VISIBILITY_TIMEOUT, "69"));
    assertThat(create(name, Map.of(VISIBILITY_TIMEOUT, "69"))).isEqualTo(url);
  }

  @Test
  void case_Q5_Q7_differentAttributes() {
    String name = newName();
    String url = create(name, Map.of(DELAY_SECONDS, "1"));
    assertNameExists("DelaySeconds", () -> create(name, Map.of(DELAY_SECONDS, "2")));
    set(url, VISIBILITY_TIMEOUT, "2");
    assertNameExists("VisibilityTimeout", () -> create(name, Map.of(VISIBILITY_TIMEOUT, "1")));
    assertThat(create(name, Map.of(VISIBILITY_TIMEOUT, "2"))).isEqualTo(url);
    assertThat(create(name, Map.of())).isEqualTo(url);
  }

  @Test
  void case_Q6_differentContentBasedDeduplication() {
    String name = newFifoName();
    create(name, Map.of(FIFO_QUEUE, "true", CONTENT_BASED_DEDUPLICATION, "true"));
    assertNameExists("ContentBasedDeduplication",
        () -> create(name, Map.of(FIFO_QUEUE, "true", CONTENT_BASED_DEDUPLICATION, "false")));
  }

  @Test
  void case_Q8_theCurrentValueCounts() {
    String name = newName();
    String url = create(name, Map.of(VISIBILITY_TIMEOUT, "1"));
    set(url, VISIBILITY_TIMEOUT, "2");
    assertNameExists("VisibilityTimeout", () -> create(name, Map.of(VISIBILITY_TIMEOUT, "1")));
  }

  @Test
  void case_Q10_recentlyDeletedName() {
    String name = newName();
    String url = create(name, Map.of());
    sqs.deleteQueue(request -> request.queueUrl(url));
    assertRefused(QueueDeletedRecentlyException.class,
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the"
            + " same name.",
        () -> create(name, Map.of()));
  }

  @Test
  void case_Q11_Q12_Q13_namesThatAreRefused() {
    assertInvalidParameter(BAD_NAME, () -> create(newName() + "/a", Map.of()));
    assertInvalidParameter(BAD_NAME, () -> create(newFifoName(), Map.of()));
    assertInvalidParameter(BAD_FIFO_NAME, () -> create(newName(), Map.of(FIFO_QUEUE, "true")));
  }

  @Test
  void case_Q14_Q15_Q16_Q17_fifoAttributesOfAStandardQueue() {
    assertBadName("Unknown Attribute FifoQueue.", Map.of(FIFO_QUEUE, "false"));
    assertBadName("Unknown Attribute ContentBasedDeduplication.",
        Map.of(CONTENT_BASED_DEDUPLICATION, "false"));
    assertBadName("You can specify the DeduplicationScope only when FifoQueue is set to true.",
        Map.of(DEDUPLICATION_SCOPE, "queue"));
    assertBadName("You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
        Map.of(FIFO_THROUGHPUT_LIMIT, "perQueue"));
  }

  @Test
  void case_Q18_booleanInCapitals() {
    String url = create(newFifoName(), Map.of(FIFO_QUEUE, "True"));
    assertThat(attribute(url, FIFO_QUEUE)).isEqualTo("true");
  }

  @Test
  void case_Q19_Q20_allAttributes() {
    Map<QueueAttributeName, String> standard = attributes(createQueue());
    assertThat(standard).hasSize(12)
        .doesNotContainKeys(FIFO_ONLY.toArray(QueueAttributeName[]::new))
        .doesNotContainKey(QueueAttributeName.UNKNOWN_TO_SDK_VERSION)
        .containsEntry(MAXIMUM_MESSAGE_SIZE, "1048576")
        .containsEntry(SQS_MANAGED_SSE_ENABLED, "true");
    Map<QueueAttributeName, String> fifo = attributes(createFifo(Map.of()));
    assertThat(fifo).hasSize(16).containsKeys(standard.keySet().toArray(QueueAttributeName[]::new))
        .containsEntry(FIFO_QUEUE, "true")
        .containsEntry(CONTENT_BASED_DEDUPLICATION, "false")
        .containsEntry(DEDUPLICATION_SCOPE, "queue")
        .containsEntry(FIFO_THROUGHPUT_LIMIT, "perQueue");
  }

  @Test
  void case_Q21_Q22_namedAttributesOnly() {
    String url = createQueue();
    GetQueueAttributesResponse none = sqs.getQueueAttributes(request -> request.queueUrl(url));
    assertThat(none.hasAttributes()).isFalse();
    assertThat(sqs.getQueueAttributes(request -> request.queueUrl(url).attributeNames(QUEUE_ARN))
        .attributes()).containsOnlyKeys(QUEUE_ARN);
  }

  @Test
  void case_Q23_Q40_unknownAttributes() {
    String url = createQueue();
    assertRefused(InvalidAttributeNameException.class, "InvalidAttributeName",
        "Unknown Attribute Foobar.",
        () -> sqs.getQueueAttributes(
            request -> request.queueUrl(url).attributeNamesWithStrings("Foobar")));
    String name = newName();
    assertRefused(InvalidAttributeNameException.class, "InvalidAttributeName",
        "Unknown Attribute VisibilityTimeoutSeconds.",
        () -> sqs.createQueue(request -> request.queueName(name)
            .attributesWithStrings(Map.of("VisibilityTimeoutSeconds", "300"))));
    assertNoQueue(() -> sqs.getQueueUrl(request -> request.queueName(name)));
  }

  @Test
  void case_Q24_setAttributesAreMerged() {
    String url = createQueue(Map.of(MESSAGE_RETENTION_PERIOD, "604800", VISIBILITY_TIMEOUT, "20"));
    sqs.setQueueAttributes(request -> request.queueUrl(url).attributes(Map.of(
        MAXIMUM_MESSAGE_SIZE, "2048", VISIBILITY_TIMEOUT, "69", DELAY_SECONDS, "420")));
    assertThat(attributes(url))
        .containsEntry(MESSAGE_RETENTION_PERIOD, "604800")
        .containsEntry(MAXIMUM_MESSAGE_SIZE, "2048")
        .containsEntry(VISIBILITY_TIMEOUT, "69")
        .containsEntry(DELAY_SECONDS, "420");
  }

  @Test
  void case_Q26_Q27_fifoAttributesThatChangeAndThatDoNot() {
    String url = createContentFifo();
    set(url, FIFO_QUEUE, "true");
    assertRefused(InvalidAttributeValueException.class, "InvalidAttributeValue",
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
        () -> set(url, FIFO_QUEUE, "false"));
    set(url, CONTENT_BASED_DEDUPLICATION, "false");
    assertThat(attribute(url, CONTENT_BASED_DEDUPLICATION)).isEqualTo("false");
  }

  @Test
  void case_Q28_Q29_policyAndRedrivePolicyAreRemovedByAnEmptyText() {
    String url = createQueue();
    String policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
        + "\"Principal\":\"*\",\"Action\":\"sqs:SendMessage\",\"Resource\":\"" + arnOf(url)
        + "\"}]}";
    set(url, POLICY, policy);
    assertThat(attribute(url, POLICY)).isEqualTo(policy);
    set(url, POLICY, "");
    set(url, REDRIVE_POLICY, "");
    assertThat(attributes(url)).doesNotContainKeys(POLICY, REDRIVE_POLICY);
  }

  @Test
  void case_Q31_Q32_Q33_encryptionAttributes() {
    String url = createQueue(
        Map.of(KMS_MASTER_KEY_ID, "testKeyId", KMS_DATA_KEY_REUSE_PERIOD_SECONDS, "6000"));
    assertThat(attributes(url))
        .containsEntry(KMS_MASTER_KEY_ID, "testKeyId")
        .containsEntry(KMS_DATA_KEY_REUSE_PERIOD_SECONDS, "6000")
        .containsEntry(SQS_MANAGED_SSE_ENABLED, "false");
    assertRefused(InvalidAttributeNameException.class, "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable"
            + " KMS SSE or SQS SSE.",
        () -> set(url, SQS_MANAGED_SSE_ENABLED, "true"));
    sqs.setQueueAttributes(request -> request.queueUrl(url).attributes(
        Map.of(KMS_MASTER_KEY_ID, "", KMS_DATA_KEY_REUSE_PERIOD_SECONDS, "300")));
    assertThat(attributes(url))
        .doesNotContainKeys(KMS_MASTER_KEY_ID, KMS_DATA_KEY_REUSE_PERIOD_SECONDS)
        .containsEntry(SQS_MANAGED_SSE_ENABLED, "false");
  }

  @Test
  void case_Q34_Q35_pagesOfQueues() {
    String prefix = newName();
    ListQueuesResponse none = sqs.listQueues(request -> request.queueNamePrefix(prefix));
    assertThat(none.hasQueueUrls()).isFalse();
    List<String> urls = new ArrayList<>();
    for (int number = 0; number < 10; number++) {
      urls.add(create(prefix + "-" + number, Map.of()));
    }
    ListQueuesResponse first =
        sqs.listQueues(request -> request.queueNamePrefix(prefix).maxResults(2));
    assertThat(first.queueUrls()).hasSize(2);
    ListQueuesResponse rest = sqs.listQueues(
        request -> request.queueNamePrefix(prefix).maxResults(10).nextToken(first.nextToken()));
    assertThat(rest.queueUrls()).hasSize(8).doesNotContainAnyElementsOf(first.queueUrls());
    assertThat(rest.nextToken()).isNull();
    // The SDK's own paginator, three a page.
    assertThat(sqs.listQueuesPaginator(request -> request.queueNamePrefix(prefix).maxResults(3))
        .queueUrls().stream()).containsExactlyInAnyOrderElementsOf(urls);
  }

  @Test
  void case_Q36_anotherRegionHasQueuesOfItsOwn() {
    String name = newName();
    create(name, Map.of());
    try (SqsClient elsewhere = Clients.urlConnection(Endpoint.uri(), "eu-west-1")) {
      assertThat(elsewhere.listQueues(request -> request.queueNamePrefix(name)).queueUrls())
          .isEmpty();
      assertNoQueue(() -> elsewhere.getQueueUrl(request -> request.queueName(name)));
    }
  }

  @Test
  void case_Q37_unknownQueue() {
    assertNoQueue(() -> sqs.getQueueUrl(request -> request.queueName(newName())));
    assertNoQueue(() -> send(urlOfNoQueue(), "lost"));
  }

  @Test
  void case_Q38_Q39_Q41_valuesThatAreRefused() {
    assertBadValue("VisibilityTimeout.", Map.of(VISIBILITY_TIMEOUT, "43201"));
    assertBadValue("MessageRetentionPeriod.", Map.of(MESSAGE_RETENTION_PERIOD, "59"));
    assertRefused(InvalidAttributeValueException.class, "InvalidAttributeValue",
        "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit"
            + " to perMessageGroupId, the DeduplicationScope must be messageGroup.",
        () -> createFifo(Map.of(FIFO_THROUGHPUT_LIMIT, "perMessageGroupId")));
  }

  private static void assertNameExists(String attribute, ThrowingCallable call) {
    assertRefused(QueueNameExistsException.class, "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for attribute "
            + attribute,
        call);
  }

  private void assertBadName(String message, Map<QueueAttributeName, String> attributes) {
    assertRefused(InvalidAttributeNameException.class, "InvalidAttributeName", message,
        () -> createQueue(attributes));
  }

  private void assertBadValue(String parameter, Map<QueueAttributeName, String> attributes) {
    assertRefused(InvalidAttributeValueException.class, "InvalidAttributeValue",
        "Invalid value for the parameter " + parameter, () -> createQueue(attributes));
  }
}
