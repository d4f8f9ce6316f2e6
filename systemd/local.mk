# SPDX-License-Identifier: ISC
# The units of systemd, which know where haild is installed.
units = \
	systemd/haild.service \
	systemd/haild.socket \
	systemd/haild@.service \
	systemd/haild@.socket
if UNITS
systemdsystemunit_DATA = $(units)
endif
EXTRA_DIST += \
	systemd/haild.service.in \
	systemd/haild.socket.in \
	systemd/haild@.service.in \
	systemd/haild@.socket.in
CLEANFILES += $(units)

$(units): Makefile
	@$(MKDIR_P) systemd
	$(AM_V_GEN)sed 's|@sbindir[@]|$(sbindir)|' '$(srcdir)/$@.in' >'$@.new' && mv '$@.new' '$@'
systemd/haild.service: systemd/haild.service.in
systemd/haild.socket: systemd/haild.socket.in
systemd/haild@.service: systemd/haild@.service.in
systemd/haild@.socket: systemd/haild@.socket.in
