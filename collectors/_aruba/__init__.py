"""What Aruba's controllers and Instant access points share: words for encryption, and tables."""
