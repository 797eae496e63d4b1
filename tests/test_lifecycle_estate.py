"""What a broker's estate says of itself, and that the shipped catalogue has a row for it.

Models as devices report them (a space is written `_`) and versions as they run: whatever has a row
once keeps one, whichever way rows or their matching are narrowed.
"""

from __future__ import annotations

from datetime import date

import pytest

from agent.catalogue import load_catalogue

SHIPPED = load_catalogue(date.max)

MODELS = {
    "Cisco": """
        WS-C2960-24TT-L WS-C2960-48TC-S WS-C2960S-48FPS-L WS-C2960S-F48TS-L WS-C2960X-48TS-L
        WS-C2960XR-24PS-I WS-C2960XR-48FPD-I WS-C2960L-24TS-LL WS-C2960L-SM-24TS WS-C2960L-48TS-AP
        WS-C2960C-8TC-L WS-C2960CPD-8PT-L WS-C2960CX-8PC-L WS-C2960CG-8TC-L WS-C2960+24TC-L
        WS-C3560-24TS-S WS-C3560G-24TS-S WS-C3560E-24TD-S WS-C3560V2-24TS-S WS-C3560X-24T-L
        WS-C3560CG-8PC-S WS-C3560CX-12PD-S WS-C3560CX-8PC-S WS-C3560C-12PC-S WS-C3650-24TS-L
        WS-C3650-48FQM-S WS-C3650-24PDM-S WS-C3750-24TS-S WS-C3750G-24TS-S1U WS-C3750E-24TD-S
        WS-C3750V2-24PS-S WS-C3750X-24T-S WS-C3750X-48PF-L WS-C3850-24T-S WS-C3850-12XS-S
        WS-C3850-24XU-L WS-C3850-48F-S WS-C4506-E WS-C4507R+E WS-C4510R+E WS-C4503-E
        WS-C4500X-16SFP+ WS-C4500X-32SFP+ WS-C4948E C9400-SUP-1 C9500-40X C9500-16X C9500-24Q
        C9500-12Q C1000-24T-4G-L CBS350-24T-4G CBS250-24T-4G SG350-28 SG300-28 SF300-24 SG500-28
        SG250-26 CISCO1921/K9 CISCO1941/K9 CISCO2901/K9 CISCO2911/K9 CISCO2921/K9 CISCO2951/K9
        CISCO3925/K9 CISCO3945/K9 ISR4221/K9 ISR4321/K9 ISR4331/K9 ISR4351/K9 ISR4431/K9
        ISR4451-X/K9 C1111-8P ASR1001-X ASR1002-HX ASR-9001 IE-4000-8GT4G-E N3K-C3048TP-1GE
        N3K-C3064PQ-10GX N5K-C5548P-FA N5K-C5548UP-FA N5K-C5596UP-FA N5K-C5596T-FA N6K-C6001-64P
        N6K-C6004-96Q N9K-C9372PX N9K-C9372PX-E N9K-C9372TX N9K-C9372TX-E N9K-C9396PX N9K-C9396TX
        N9K-C93120TX N9K-C93128TX N9K-C9332PQ N9K-C9332C N9K-C9336PQ N9K-C93108TC-EX N9K-C93108TC-FX
        N9K-C93180YC-EX N9K-C93180YC-FX N9K-C93180LC-EX N9K-C9364C N9K-C92160YC-X N9K-C9272Q
        N9K-C9236C N9K-C92300YC N9K-C92304QC N9K-C92348GC-X N9K-SUP-A N9K-SUP-B ASA5505 ASA5506
        ASA5506W ASA5506H ASA5508 ASA5512 ASA5515 ASA5516 ASA5525 ASA5545 ASA5555 ASA5585-SSP-10
        ASA5585-SSP-20 FPR-2110 FPR-2120 FPR-2130 FPR-2140 FPR-4110 AIR-CT2504-K9 AIR-CT5508-K9
        AIR-CT5520-K9 AIR-CAP1602I-T-K9 AIR-CAP2602I-T-K9 AIR-CAP2702I-T-K9 AIR-CAP3502I-T-K9
        AIR-CAP3602I-T-K9 AIR-CAP3702I-T-K9 AIR-AP1815I-T-K9 AIR-AP1832I-T-K9 AIR-AP1852I-T-K9
        AIR-AP2802I-T-K9 AIR-AP3802I-T-K9 C9105AXI-T C9115AXI-T C9117AXI-T C9120AXI-T C9130AXI-T
    """,
    "Cisco Meraki": """
        MX60 MX64 MX64W MX65 MX80 MX84 MX100 MS120-8 MS125-24 MS210-24 MS220-8P MS225-48 MS250-24
        MS320-24 MS350-24 MR56 Z1 Z3
    """,
    "Fortinet": """
        FortiGate-30E FortiWiFi-30E FortiGate-40C FortiWiFi-40F FortiGate-50E FortiGate-51E
        FortiGate-60D FortiGate-60D-POE FortiGate-60E FortiGate-60E-POE FortiGate-60E-DSL
        FortiGate-61E FortiWiFi-60E FortiWiFi-61E FortiWiFi-60F FortiGate-70D FortiGate-70F
        FortiGate-80C FortiGate-80D FortiGate-80E FortiGate-80E-POE FortiGate-81E FortiGate-90D
        FortiGate-90E FortiGate-92D FortiGate-94D-POE FortiGate-98D-POE FortiGate-100D
        FortiGate-100E FortiGate-100EF FortiGate-101E FortiGate-100F FortiGate-101F FortiGate-140D
        FortiGate-140D-POE FortiGate-140E FortiGate-140E-POE FortiGate-200D FortiGate-200D-POE
        FortiGate-200E FortiGate-201E FortiGate-200F FortiGate-201F FortiGate-240D
        FortiGate-280D-POE FortiGate-300D FortiGate-300E FortiGate-301E FortiGate-400D
        FortiGate-400E FortiGate-401E FortiGate-500D FortiGate-500E FortiGate-501E FortiGate-600D
        FortiGate-600F FortiGate-601F FortiGate-620B FortiGate-800D FortiGate-900D FortiGate-1000D
        FortiGate-1000F FortiGate-1100E FortiGate-1101E FortiGate-1200D FortiGate-1500D
        FortiGate-1500DT FortiGate-2000E FortiGate-3000D FortiGate-3100D FortiGate-3200D
        FortiGate-3400E FortiGate-3401E FortiGate-3600E FortiGate-3700D FortiGate-3800D
        FortiGate-3810D FortiGate-3960E FortiGate-3980E FortiGate-5001D FortiGate-5001E
        FortiGate-6300F FortiGate-6500F FortiGateRugged-60F FG60E FG100F FG3H0E FG1K5D
        FG200E FGR60F FortiAP-221C FortiAP-221E FortiAP-223E FortiAP-231E FortiAP-231F FortiAP-231G
        FortiAP-234F FortiAP-320C FortiAP-321C FortiAP-321E FortiAP-421E FortiAP-423E FortiAP-431F
        FortiAP-433F FortiAP-831F FortiAP-U231F FortiAP-S221E FAP-221E FAP-231F FortiSwitch-108D-POE
        FortiSwitch-108E FortiSwitch-108E-POE FortiSwitch-124D FortiSwitch-124E FortiSwitch-124E-POE
        FortiSwitch-148E FortiSwitch-424D FortiSwitch-424E FortiSwitch-448D FortiSwitch-448E
        FortiSwitch-524D FortiSwitch-548D FortiSwitch-1024D FortiSwitch-1048D FortiSwitch-1048E
        FortiSwitch-3032D FortiSwitch-3032E FS-124E FortiAnalyzer-200D FortiAnalyzer-200F
        FortiAnalyzer-300F FortiAnalyzer-400E FortiAnalyzer-800F FortiAnalyzer-1000E
        FortiAnalyzer-1000F FortiAnalyzer-2000E FortiAnalyzer-3000F FortiManager-200D
        FortiManager-200F FortiManager-300E FortiManager-300F FortiManager-400E FortiManager-1000F
        FortiManager-2000E FortiMail-200E FortiMail-400E FortiMail-900F FortiWeb-100D FortiWeb-400D
        FortiWeb-400E FortiWeb-600D FortiWeb-600E FortiWeb-1000E FortiWeb-2000E FortiSandbox-500F
        FortiSandbox-1000F FortiAuthenticator-200E FortiAuthenticator-300F FortiAuthenticator-400E
        FortiADC-200F
    """,
    "Palo Alto Networks": """
        PA-200 PA-220 PA-220R PA-500 PA-820 PA-850 PA-2020 PA-2050 PA-3020 PA-3050 PA-3060 PA-3220
        PA-3250 PA-3260 PA-5020 PA-5050 PA-5060 PA-5220 PA-5250 PA-5260 PA-5280 PA-5450 PA-7050
        PA-7080 M-100 M-200 M-500 M-600 WF-500 PAN-PA-220 PAN-PA-850
    """,
    "Check Point": """
        2200 4200 4400 4600 4800 12200 12400 12600 13500 13800 15400 15600 16000 16200 16600HS 21400
        23500 23800 23900 26000 28000 3100 3200 3600 3800 5100 5200 5400 5600 5800 5900 6200 6400
        6500 6600 6700 6800 6900 7000 1430 1450 1470 1490 730 750 770 790 620 1120 1140 1180 1200R
        910 Check_Point_5600 Check_Point_Quantum_6200 Check_Point_6200_Plus Smart-1_405 Smart-1_410
        Smart-1_525 Smart-1_600-S Smart-1_600-M Smart-1_6000-L Smart-1_5050 Smart-1_205 Smart-1_225
        Smart-1_3050 Smart-1_3150 Smart-1_5150 Smart-1_625 MHO-170 TE100X TE250X TE1000X
    """,
    "Juniper Networks": """
        srx100h2 srx110h2-va srx210he2 srx220h2 srx240h2 srx550 srx550m srx650 srx1500 srx4100
        ex2200-24t-4g ex2200-c-12t-2g ex2300-24t ex2300-48p ex3300-24t ex4200-24t ex4300-24t
        ex4300-32f ex4500-40f ex4550-32f qfx5100-48s-6q mx5-t mx10-t mx40-t mx80 mx104 mx204 ssg5
        ssg20 SSG-5-SH ssg140 SSG-140-SH ssg320m ssg350m ssg520m ssg550m j2320 J-2320
    """,
    "Aruba": """
        Aruba7010 Aruba7205 AP-203H AP-204 AP-205 AP-207 AP-214 AP-215 AP-224 AP-225 AP-228 AP-274
        AP-275 AP-277 AP-304 AP-305 AP-314 AP-315 AP-365 AP-367 315
    """,
    "HPE": """
        J9145A J9279A J9853A JL071A JL072A JL073A JL074A JL075A JL354A JL355A JL356A JL357A JL700A
        JL703A JL706A JL724A JL725A JL726A JL727A JL728A JC102A JE074A JG091B JG311A
    """,
    "F5": """
        C115 C116 C117 D112 A112 F100 BIG-IP_i2800 BIG-IP_i2600 BIG-IP_i4600 BIG-IP_i4800
        BIG-IP_i10800
    """,
    "SonicWall": """
        TZ_105 TZ_205 TZ_215 SOHO SOHO_250 TZ_300 TZ_300W TZ350 TZ400 TZ_500 TZ_600 TZ270 TZ470
    """,
    "Sophos": """
        XG86 XG106 XG115 XG125 XG135 XG210 XG230 XG310 XG330 XG430 XG450 XG550 XG650 XG750
    """,
}

RELEASES = {
    "ftd": "7.0.1 7.2.5.1-29",
    "ios": "15.2(4)E10 15.2(7)E3 15.9(3)M4",
    "iosxe": "16.12.5b 17.3.6 17.6.5 17.9.4a 17.12.3 17.15.1 17.18.1",
    "nxos": "10.2(5) 10.3(4a)M 10.4(3)F",
    "fortios": "6.0.17 6.2.16 6.4.15 7.0.17 7.2.8 7.4.3 7.6.0 8.0.0",
    "panos": "8.0.20 8.1.26 9.0.17 9.1.19 10.0.12 10.1.14-h9 10.2.9-h1 11.0.4 11.1.2 11.2.3 12.1.2",
    "gaia": "R77.30 R80 R80.10 R80.20 R80.30 R80.40 R81 R81.10 R81.20 R82",
    "junos": "14.1X53-D40 15.1R7-S6 15.1X53-D50 17.3R3 18.4R3 19.4R3-S9 20.4R3 21.2R3",
    "bigip": "11.6.5 12.1.6 13.1.5 14.1.5 15.1.10 16.1.4 17.1.1 17.5.0 21.0.0",
    "eos": "4.28.4M 4.32.1F",
    "mssql": "14.0.3456.2 15.0.4345.5 16.0.4265.3 17.0.1000",
    "exchange": "2016 2019 2013 2010",
    "office": "2016 2019 2021",
    "esxi": "5.5.0 6.0.0 6.5.0 6.7.0 7.0.3 8.0.2 9.0.0",
    "vcenter": "6.7.0 7.0.3 8.0.2 9.0",
    "rhel": "5.11 6.10 7.9 8.6 8.10 9.4 10.0",
    "centos": "6.10 7.9",
    "rocky": "8.9 9.3 10.0",
    "almalinux": "8.9 9.4 10",
    "ol": "6.10 7.9 8.9 9.3 10.0",
    "sles": "11.4 12.5 15.4 15.6 15-SP6 12-SP5 16.0",
    "ubuntu": "14.04.6 16.04.7 18.04 20.04 22.04.3 24.04 24.10 25.04 23.10",
    "debian": "8.11 9 10 11.9 12.5 13",
    "amzn": "2 2023",
    "fedora": "39",
    "freebsd": "13.2-RELEASE 12.4 14.1 13.2",
    "opensuse-leap": "15.5 42.3",
    "openssl": "1.0.2k 1.1.1w 3.0.8 3.4.1 0.9.8 1.1.0",
    "apache-http-server": "2.2.15 2.4.6",
    "nginx": "1.14.1 1.24.0 1.28.0 1.10.3",
    "php": "5.3.3 5.6 7.4.33 8.1 8.3.9",
    "mysql": "5.5.68 5.6 5.7.44 8.0.36 8.4.0 9.0",
    "mariadb": "5.5.68 10.3.39 10.6.16 10.11.6 11.4",
    "postgresql": "9.6.24 10.23 12.18 16.4",
    "oracle-database": "11.2.0.4.0 12.1.0.2.0 12.2.0.1.0 18.0.0.0 19.0.0.0.0 21.3 23",
    "oracle-jdk": "8 11.0.2 17 6 7",
    "dotnet": "3.1 5 6.0.1 8.0.26 2.1",
    "tomcat": "7.0.109 8.0 8.5 9.0.1 10.0 10.1 11.0",
    "nodejs": "12 14 16 18 20 22",
    "python": "2.7.18 3.6 3.10 3.8",
    "routeros": "7.10.2 7.1.5 7.16",
    "opnsense": "24.7.12 25.1",
    "sns": "4.3.16 3.5.1",
    "sophos-utm": "9.7",
    "anyconnect": "4.10.07",
    "fmc": "7.2.5",
    "globalprotect": "6.0.7 5.2.13 6.2.1 6.3",
    "internet-explorer": "11",
}


@pytest.mark.parametrize("vendor", MODELS)
def test_every_model_has_its_row(vendor: str) -> None:
    models = [word.replace("_", " ") for word in MODELS[vendor].split()]
    assert [one for one in models if SHIPPED.find_hardware(vendor, one) is None] == []
    assert [one for one in models if SHIPPED.find_hardware("Nobody", one) is not None] == []


@pytest.mark.parametrize("product", RELEASES)
def test_every_release_has_its_row(product: str) -> None:
    versions = RELEASES[product].split()
    assert [one for one in versions if SHIPPED.find_software(None, product, one) is None] == []
