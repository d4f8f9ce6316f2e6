// SPDX-License-Identifier: ISC
use std::{env, io, net::TcpStream, time::Duration};
fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    let mut server = TcpStream::connect((&words[1][..], words[2].parse().unwrap()))?;
    server.set_read_timeout(Some(Duration::from_secs(5)))?;
    io::copy(&mut server, &mut io::stdout()).map(drop)
}
