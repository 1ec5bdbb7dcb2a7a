// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import forebay.interop.Endpoint;
import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Clients as a user builds them for a server of his own: endpoint, region, static credentials. */
final class Clients {
  private static final int CONNECTIONS_MAX = 100;

  private Clients() {}

  /** The SDK's default HTTP client. */
  static SqsClient apache(URI endpoint) {
    return sync(endpoint, Endpoint.REGION, Apache5HttpClient.builder()
        .maxConnections(CONNECTIONS_MAX).socketTimeout(Duration.ofSeconds(30)).build());
  }

  /** The small one, on java.net.HttpURLConnection. */
  static SqsClient urlConnection(URI endpoint, String region) {
    return sync(endpoint, region, UrlConnectionHttpClient.create());
  }

  static SqsAsyncClient async(URI endpoint) {
    return SqsAsyncClient.builder()
        .endpointOverride(endpoint)
        .region(Region.of(Endpoint.REGION))
        .credentialsProvider(credentials())
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(CONNECTIONS_MAX))
        .build();
  }

  private static SqsClient sync(URI endpoint, String region, SdkHttpClient http) {
    return SqsClient.builder()
        .endpointOverride(endpoint)
        .region(Region.of(region))
        .credentialsProvider(credentials())
        .httpClient(http)
        .build();
  }

  private static AwsCredentialsProvider credentials() {
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(Endpoint.ACCESS_KEY, Endpoint.SECRET_KEY));
  }
}
