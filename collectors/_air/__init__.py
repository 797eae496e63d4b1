"""802.11 as captured from the air: files of packets, the radio's heads, frames and elements."""
