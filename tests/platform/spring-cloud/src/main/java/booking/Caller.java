package booking;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.http.MediaType;
import org.springframework.web.client.RestClient;

/**
 * Creates payments at the instances that the registry and the load balancer return.
 *
 * <p>Environment variables: SERVICE, TOKEN, COUNT (the minimum number of payments), THREADS, and
 * UNTIL (a file; requests continue until it exists). At the end it prints one line of JSON: the
 * number of created payments, the failures by message, and the requests by instance.
 */
@EnableAutoConfiguration
public class Caller {
    private final Map<String, AtomicInteger> instances = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicInteger created = new AtomicInteger();

    /** For the Eureka client, whose requests to the registry must not be load-balanced. */
    @Bean
    @Primary
    RestClient.Builder plain() {
        return RestClient.builder();
    }

    @Bean
    @LoadBalanced
    RestClient.Builder balanced() {
        return RestClient.builder();
    }

    public static void main(String[] arguments) throws InterruptedException {
        try (var context = new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE).run(arguments)) {
            context.getBean(Caller.class).call(context.getBean("balanced", RestClient.Builder.class));
        }
        System.exit(0);
    }

    private void call(RestClient.Builder builder) throws InterruptedException {
        RestClient client = builder
                .baseUrl("http://" + System.getenv("SERVICE"))
                .defaultHeader("Authorization", "Bearer " + System.getenv("TOKEN"))
                .requestInterceptor((request, body, next) -> {
                    // Runs after the load balancer, so that the URI has the instance's address.
                    count(instances, request.getURI().getAuthority());
                    return next.execute(request, body);
                })
                .build();
        int minimum = Integer.parseInt(System.getenv("COUNT"));
        Path until = Path.of(System.getenv("UNTIL"));
        int threads = Integer.parseInt(System.getenv("THREADS"));
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        for (int thread = 0; thread < threads; thread++) {
            pool.submit(() -> {
                while (numbers.get() < minimum || !Files.exists(until)) {
                    pay(client, numbers.incrementAndGet());
                }
            });
        }
        pool.shutdown();
        pool.awaitTermination(10, TimeUnit.MINUTES);
        System.out.printf(
                "{\"sent\": %d, \"created\": %d, \"failures\": {%s}, \"instances\": {%s}}%n",
                numbers.get(), created.get(), json(failures), json(instances));
    }

    private void pay(RestClient client, int number) {
        try {
            var response = client.post()
                    .uri("/api/v1/payments")
                    .header("Idempotency-Key", "spring-" + number)
                    .contentType(MediaType.APPLICATION_JSON)
                    .body("{\"amount\": 2000, \"currency\": \"eur\", \"reference\": \"booking-" + number + "\"}")
                    .retrieve()
                    .toEntity(String.class);
            if (response.getStatusCode().value() == 201) {
                created.incrementAndGet();
            } else {
                count(failures, response.getStatusCode().toString());
            }
        } catch (RuntimeException error) {
            count(failures, error.toString());
        }
    }

    private static void count(Map<String, AtomicInteger> counts, String name) {
        counts.computeIfAbsent(name, it -> new AtomicInteger()).incrementAndGet();
    }

    private static String json(Map<String, AtomicInteger> counts) {
        return counts.entrySet().stream()
                .map(it -> "\"" + it.getKey().replaceAll("[^ -~]|[\"\\\\]", "'") + "\": " + it.getValue())
                .collect(Collectors.joining(", "));
    }
}
