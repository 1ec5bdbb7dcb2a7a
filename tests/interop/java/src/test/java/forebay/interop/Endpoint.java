// SPDX-License-Identifier: Apache-2.0
package forebay.interop;

import java.net.URI;

/** The server under test and what every client of it is configured with. */
public final class Endpoint {
  public static final String REGION = "us-east-1";
  public static final String ACCOUNT = "000000000000";
  public static final String ACCESS_KEY = "interop";
  public static final String SECRET_KEY = "interop-secret";

  private Endpoint() {}

  /** {@code $FOREBAY_ENDPOINT}; a run without it is a mistake, not a skipped test. */
  public static URI uri() {
    String value = System.getenv("FOREBAY_ENDPOINT");
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException("FOREBAY_ENDPOINT does not name a server");
    }
    return URI.create(value);
  }
}
