# SPDX-License-Identifier: ISC
# Completion in shells, made from the tables of options by a program that runs while we build. So it is compiled for the
# machine that builds, which need not be the one that we build for, and needs nothing but the C library.

# What shells look for by the name of the command.
completions = \
	completion/bash/haild \
	completion/bash/hailto \
	completion/fish/haild.fish \
	completion/fish/hailto.fish \
	completion/zsh/_haild \
	completion/zsh/_hailto
check_DATA = $(completions)
if BASH_COMPLETION
bashcompletion_DATA = \
	completion/bash/haild \
	completion/bash/hailto
endif
if FISH_COMPLETION
fishcompletion_DATA = \
	completion/fish/haild.fish \
	completion/fish/hailto.fish
endif
if ZSH_COMPLETION
zshcompletion_DATA = \
	completion/zsh/_haild \
	completion/zsh/_hailto
endif

# Also for the unit test.
check_LIBRARIES += completion/libcompletion.a
completion_libcompletion_a_SOURCES = \
	completion/bash.c \
	completion/fish.c \
	completion/offer.c \
	completion/offer.h \
	completion/shells.c \
	completion/shells.h \
	completion/fill.c \
	completion/fill.h \
	completion/zsh.c

# Compiled in the folder of the sources, where the names of these hold.
maker_sources = $(completion_libcompletion_a_SOURCES) completion/make.c
compile_maker = $(MKDIR_P) completion && cd '$(srcdir)' && $(CC_FOR_BUILD) $(CPPFLAGS_FOR_BUILD) \
	$(CFLAGS_FOR_BUILD) $(LDFLAGS_FOR_BUILD) -o '$(abs_top_builddir)/'$@ -I'$(abs_top_builddir)' -Isrc
makers = \
	completion/make_haild \
	completion/make_hailto

completion/make_haild: $(maker_sources) src/base/agreed.h src/base/cli.h config.h \
  src/daemon/optiontable.c src/daemon/optiontable.h src/daemon/options.h
	$(AM_V_GEN)$(compile_maker) -Isrc/daemon completion/*.c src/daemon/optiontable.c
completion/make_hailto: $(maker_sources) src/base/agreed.h src/base/cli.h config.h \
  src/client/optiontable.c src/client/optiontable.h src/client/options.h
	$(AM_V_GEN)$(compile_maker) -Isrc/client completion/*.c src/client/optiontable.c

completion/bash/haild: completion/make_haild completion/template.bash
	$(AM_V_GEN)$(MKDIR_P) $(@D) && completion/make_haild bash <'$(srcdir)/completion/template.bash' >$@.new && mv $@.new $@
completion/bash/hailto: completion/make_hailto completion/template.bash
	$(AM_V_GEN)$(MKDIR_P) $(@D) && completion/make_hailto bash <'$(srcdir)/completion/template.bash' >$@.new && mv $@.new $@
completion/fish/haild.fish: completion/make_haild completion/template.fish
	$(AM_V_GEN)$(MKDIR_P) $(@D) && completion/make_haild fish <'$(srcdir)/completion/template.fish' >$@.new && mv $@.new $@
completion/fish/hailto.fish: completion/make_hailto completion/template.fish
	$(AM_V_GEN)$(MKDIR_P) $(@D) && completion/make_hailto fish <'$(srcdir)/completion/template.fish' >$@.new && mv $@.new $@
completion/zsh/_haild: completion/make_haild completion/template.zsh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && completion/make_haild zsh <'$(srcdir)/completion/template.zsh' >$@.new && mv $@.new $@
completion/zsh/_hailto: completion/make_hailto completion/template.zsh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && completion/make_hailto zsh <'$(srcdir)/completion/template.zsh' >$@.new && mv $@.new $@

CLEANFILES += $(completions) $(makers)
EXTRA_DIST += \
	completion/make.c \
	completion/template.bash \
	completion/template.fish \
	completion/template.zsh
