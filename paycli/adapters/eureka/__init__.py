"""The Eureka registry: registration, its HTTP client, and the doctor's questions."""
