package bench;

import com.stripe.StripeClient;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The webhook and payment endpoints of the service, with Spring MVC, spring-kafka and stripe-java.
 *
 * <p>Settings: server.port, spring.kafka.…, bench.topic, bench.secret, bench.token, bench.stripe.
 */
@SpringBootApplication
@RestController
public class Service {

  @Bean
  StripeClient stripe(@Value("${bench.stripe}") String address) {
    return StripeClient.builder().setApiKey("sk_test_ofthetests").setApiBase(address).build();
  }

  @GetMapping("/healthz")
  String health() {
    return "";
  }

  public static void main(String[] arguments) {
    SpringApplication.run(Service.class, arguments);
  }
}
