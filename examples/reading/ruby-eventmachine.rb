# SPDX-License-Identifier: ISC
require "eventmachine"
class Greeting < EM::Connection
  def receive_data(data) = (@text ||= "".b) << data
  def unbind = EM.stop.tap { $stdout.binmode.write(@text) }
end
EM.run do
  EM.add_timer(5) { abort "timed out" }
  EM.connect(ARGV[0], ARGV[1].to_i, Greeting)
end
