"""What Cisco's two managers of FTD (FMC and FDM) answer in the same form: pages, objects, hits."""
