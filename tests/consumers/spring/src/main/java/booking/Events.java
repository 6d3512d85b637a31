package booking;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** The events that this service handles, each with the fields that it needs. */
interface Events {

  /** What a payment must have been requested with; a null account is our own. */
  record Terms(String account, long amount, String currency) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record PaymentSucceeded(
      String paymentId,
      String account,
      long amount,
      String currency,
      String reference,
      Map<String, String> metadata,
      Instant occurredAt,
      List<String> paymentMethodTypes) {

    Terms terms() {
      return new Terms(account, amount, currency);
    }
  }

  /** A payment that was not requested: its reference can come from any connected account. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Refused(String paymentId, String account) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record RefundSucceeded(String paymentId, String refundId, long amount, Instant occurredAt) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record DisputeOpened(String paymentId, String disputeId, Instant evidenceDueBy) {}

  /** A record that could not be deserialized, such as one of an unmapped type. */
  record Skipped(String type) {}
}
