package bench;

import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import com.stripe.model.PaymentIntent;
import com.stripe.net.RequestOptions;
import com.stripe.param.PaymentIntentCreateParams;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Instant;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/** Creates a payment at Stripe for an internal caller. */
@RestController
class Payments {

  record Create(long amount, String currency, String reference) {}

  record Payment(
      String id,
      String status,
      long amount,
      String currency,
      String reference,
      String client_secret,
      boolean livemode,
      String created_at) {}

  private final StripeClient stripe;
  private final byte[] authorization;

  Payments(StripeClient stripe, @Value("${bench.token}") String token) {
    this.stripe = stripe;
    this.authorization = ("Bearer " + token).getBytes();
  }

  @PostMapping("/api/v1/payments")
  ResponseEntity<Payment> create(
      @RequestBody Create request,
      @RequestHeader("Authorization") String presented,
      @RequestHeader("Idempotency-Key") String key) {
    if (!MessageDigest.isEqual(authorization, presented.getBytes())) {
      return ResponseEntity.status(401).build();
    }
    if (request.amount() <= 0 || !request.currency().matches("[a-z]{3}")) {
      return ResponseEntity.unprocessableContent().build();
    }
    var params =
        PaymentIntentCreateParams.builder()
            .setAmount(request.amount())
            .setCurrency(request.currency())
            .putMetadata("reference", request.reference())
            .build();
    var options = RequestOptions.builder().setIdempotencyKey("booking:" + key).build();
    PaymentIntent intent;
    try {
      intent = stripe.v1().paymentIntents().create(params, options);
    } catch (StripeException failed) {
      return ResponseEntity.status(502).build();
    }
    var payment =
        new Payment(
            intent.getId(),
            intent.getStatus(),
            intent.getAmount(),
            intent.getCurrency(),
            intent.getMetadata().get("reference"),
            intent.getClientSecret(),
            intent.getLivemode(),
            Instant.ofEpochSecond(intent.getCreated()).toString());
    return ResponseEntity.created(URI.create("/api/v1/payments/" + intent.getId())).body(payment);
  }
}
