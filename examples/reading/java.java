// SPDX-License-Identifier: ISC
import java.net.*;
class Reading {
    public static void main(String[] words) throws Exception {
        try (var server = new Socket()) {
            server.connect(new InetSocketAddress(words[0], Integer.parseInt(words[1])), 5000);
            server.setSoTimeout(5000);
            server.getInputStream().transferTo(System.out);
            System.out.flush();
        }
    }
}
