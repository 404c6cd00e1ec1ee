//! Which addresses a URL may lead to that a server chose (security: a server must not make its clients ask around in
//! their own network).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the internet, whatever it hides in.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b) {
        // This network; shared by carriers; protocol assignments and the old relay of 6to4; benchmarks.
        (0, _) | (100, 64..=127) | (198, 18..=19) => true,
        (192, 0) => c == 0 || c == 2,
        (192, 88) => c == 99,
        (198, 51) => c == 100,
        (203, 0) => c == 113,
        // Multicast, reserved, broadcast.
        (224.., _) => true,
        _ => false,
    };
    !(is_special || address.is_loopback() || address.is_private() || address.is_link_local())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // Only 2000::/3 is handed out, and NAT64 stands for an address of the old kind.
    if (parts[0], parts[1]) == (0x64, 0xff9b) && parts[2..6] == [0; 4] {
        return is_public_v4(embedded(parts[6], parts[7]));
    }
    if parts[0] & 0xe000 != 0x2000 {
        return false;
    }
    match (parts[0], parts[1]) {
        // Teredo and other protocol assignments; documentation.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        // 6to4.
        (0x2002, _) => is_public_v4(embedded(parts[1], parts[2])),
        // ISATAP hides one in its last half.
        _ if parts[4] & 0xfdff == 0 && parts[5] == 0x5efe => is_public_v4(embedded(parts[6], parts[7])),
        _ => true,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        let inside = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.1.2.3 \
            169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 \
            198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
            :: ::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::10.0.0.1 \
            64:ff9b::169.254.169.254 64:ff9b::127.0.0.1 64:ff9b:1::8.8.8.8 64:ff9b:1::a00:1 100::1 2001::1 2001:0:a:b::c 2001:1::1 \
            2001:20::1 2001:db8::1 2001:1ff::1 2002:a00:1:: 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 3fff:fff::1 \
            fc00::1 fd00:ec2::254 fdff::1 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1 4000::1 8000::1 e000::1 \
            2a00::5efe:10.0.0.1 2a00:1:2:3:200:5efe:127.0.0.1 2a00:1:2:3:0:5efe:169.254.169.254 5f00::1";
        for address in inside.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        let outside = "1.1.1.1 8.8.8.8 99.255.255.255 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 \
            169.253.255.255 169.255.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.0.1 \
            198.20.0.1 203.0.114.1 223.255.255.255 2606:4700:4700::1111 2a00:1450::1 2001:200::1 2001:4860::8888 \
            64:ff9b::8.8.8.8 2002:808:808:: 2a00::5efe:8.8.8.8";
        for address in outside.split_whitespace() {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    /// What a URL's parser makes of the many ways to write an address.
    #[test]
    fn an_address_in_disguise_is_seen() {
        for host in "2130706433 0x7f000001 017700000001 127.1 127.0.1 0x7f.1 0177.0.0.1 0 ⑫7.0.0.1 127。0。0。1 127.0.0.1. \
            [::ffff:7f00:1] [0:0:0:0:0:0:0:1] 10.1 0xa.1 192.168.257 169.254.43518 0xA9FEA9FE 2852039166 025177524776 \
            [::ffff:a9fe:a9fe]"
            .split_whitespace()
        {
            let url = url::Url::parse(&format!("https://{host}/")).unwrap();
            let address: IpAddr = match url.host().unwrap() {
                url::Host::Ipv4(address) => address.into(),
                url::Host::Ipv6(address) => address.into(),
                url::Host::Domain(name) => panic!("{host} is the name {name}"),
            };
            assert!(!is_public(address), "{host}");
        }
    }
}
