# Installation.  Paths are those of PREFIX, below DESTDIR; what belongs to this
# machine alone goes to SYSCONFDIR.  `make uninstall` takes the same variables.
SBINDIR =	$(PREFIX)/sbin
BINDIR =	$(PREFIX)/bin
LIBEXECDIR =	$(PREFIX)/libexec/praetor
MANDIR =	$(PREFIX)/share/man
EXAMPLEDIR =	$(PREFIX)/share/doc/praetor
UNITDIR =	$(PREFIX)/lib/systemd/system
SYSUSERSDIR =	$(PREFIX)/lib/sysusers.d
TMPFILESDIR =	$(PREFIX)/lib/tmpfiles.d
BASHDIR =	$(PREFIX)/share/bash-completion/completions
ZSHDIR =	$(PREFIX)/share/zsh/site-functions
CONFDIR =	$(SYSCONFDIR)/praetor
INSTALL ?=	install

ROLE_PROGS =	praetor-engine praetor-frontend praetor-reviewer \
		praetor-gateway praetor-executor praetor-init praetor-canary

# PREFIX and SYSCONFDIR are compiled in: `make` and then `make install
# PREFIX=/usr` must build again what names them, and nothing else.
$(BUILD)/gen/paths: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX) $(SYSCONFDIR)' | cmp -s - $@ || \
	    echo '$(PREFIX) $(SYSCONFDIR)' > $@
PATH_OBJS =	$(patsubst %.c,$(BUILD)/%.o,$(shell grep -lE \
		'PRAETOR_(LIBEXEC|SYSCONFDIR)' */*.c))
$(PATH_OBJS): $(BUILD)/gen/paths

PATHS_SED =	sed -e 's|@PREFIX@|$(PREFIX)|g' \
		-e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'
$(BUILD)/etc/praetord.conf: etc/praetord.conf $(BUILD)/gen/paths
	@mkdir -p $(@D)
	$(PATHS_SED) etc/praetord.conf > $@
$(BUILD)/etc/praetord.service: etc/praetord.service.in $(BUILD)/gen/paths
	@mkdir -p $(@D)
	$(PATHS_SED) etc/praetord.service.in > $@
GEN +=		$(BUILD)/etc/praetord.conf $(BUILD)/etc/praetord.service

install: all install-programs install-files

# Programs alone, as built: for private daemons of tests and the demo.
install-programs:
	$(INSTALL) -d $(addprefix $(DESTDIR),$(SBINDIR) $(BINDIR) $(LIBEXECDIR))
	$(INSTALL) -m 755 $(BUILD)/sbin/praetord $(DESTDIR)$(SBINDIR)
	$(INSTALL) -m 755 $(BUILD)/praetorctl $(DESTDIR)$(BINDIR)
	ln -sf praetorctl $(DESTDIR)$(BINDIR)/praetor
	$(INSTALL) -m 755 $(addprefix $(BUILD)/,$(ROLE_PROGS)) \
	    $(DESTDIR)$(LIBEXECDIR)

# A page's section and a completion's shell show in its name.
INSTALLED_DATA = $(UNITDIR)/praetord.service $(SYSUSERSDIR)/praetord.conf \
		$(TMPFILESDIR)/praetord.conf $(EXAMPLEDIR)/praetord.conf \
		$(foreach p,$(MAN_PAGES),$(MANDIR)/man$(subst .,,$(suffix \
		$(p)))/$(notdir $(p))) \
		$(foreach c,$(COMPLETIONS),$(call completion,$(c)))
completion =	$(if $(filter _%,$(notdir $(1))),$(ZSHDIR)/$(notdir $(1)),\
		$(BASHDIR)/$(notdir $(basename $(1))))
install_data =	$(INSTALL) -D -m 644 $(1) $(DESTDIR)$(strip $(2))

# A configuration that is there is never touched: it is somebody's.
install-files: $(BUILD)/etc/praetord.conf $(BUILD)/etc/praetord.service
	$(call install_data,$(BUILD)/etc/praetord.service,\
	    $(UNITDIR)/praetord.service)
	$(call install_data,etc/praetord.sysusers,$(SYSUSERSDIR)/praetord.conf)
	$(call install_data,etc/praetord.tmpfiles,$(TMPFILESDIR)/praetord.conf)
	$(call install_data,$(BUILD)/etc/praetord.conf,\
	    $(EXAMPLEDIR)/praetord.conf)
	$(foreach p,$(MAN_PAGES),$(call install_data,$(p),$(MANDIR)/man$(subst \
	    .,,$(suffix $(p)))/$(notdir $(p))) &&) :
	$(foreach c,$(COMPLETIONS),$(call install_data,$(c),$(call \
	    completion,$(c))) &&) :
	$(INSTALL) -d $(DESTDIR)$(CONFDIR)
	test -e $(DESTDIR)$(CONFDIR)/praetord.conf || \
	    $(INSTALL) -m 644 $(BUILD)/etc/praetord.conf $(DESTDIR)$(CONFDIR)

# The configuration goes only if it is still the example.  State stays.
uninstall: $(BUILD)/etc/praetord.conf
	cd $(DESTDIR)/ && ! cmp -s $(abspath $(BUILD)/etc/praetord.conf) \
	    .$(CONFDIR)/praetord.conf || rm -f .$(CONFDIR)/praetord.conf
	rm -f $(addprefix $(DESTDIR),$(SBINDIR)/praetord $(BINDIR)/praetorctl \
	    $(BINDIR)/praetor $(addprefix $(LIBEXECDIR)/,$(ROLE_PROGS)))
	rm -f $(addprefix $(DESTDIR),$(INSTALLED_DATA))
	rmdir $(addprefix $(DESTDIR),$(LIBEXECDIR) $(EXAMPLEDIR) $(CONFDIR)) \
	    2>/dev/null || :

FORCE:
.PHONY: FORCE install install-programs install-files uninstall

SHTESTS +=	tests/sh/conf.t
SHTESTS +=	tests/sh/install.t
SHTESTS +=	tests/sh/manual.t
SHTESTS +=	tests/sh/systemd.t
SHTESTS +=	tests/sh/unit.t

# Here, because the list is begun in tests/build.mk.
FUZZERS +=	conf_fuzz
$(BUILD)/fuzz/conf_fuzz: $(filter-out praetord/parse.c,$(CONF_SRCS)) \
    $(BUILD)/praetord/parse.c

JSON_FUZZ_SRCS =	common/json.c $(FRONTEND_SRCS)
FUZZERS +=	ctl_fuzz json_fuzz
$(addprefix $(BUILD)/fuzz/,ctl_fuzz json_fuzz): $(JSON_FUZZ_SRCS)
$(addprefix $(BUILD)/fuzz/,ctl_fuzz json_fuzz): FUZZ_LIBS = $(JSON_LIBS)
FUZZERS +=	host_fuzz http_fuzz tls_fuzz
$(BUILD)/fuzz/http_fuzz: gateway/http.c gateway/body.c
$(BUILD)/fuzz/tls_fuzz: gateway/tls.c
FUZZERS +=	sse_fuzz wire_fuzz
$(addprefix $(BUILD)/fuzz/,sse_fuzz wire_fuzz): $(WIRE_SRCS)
$(BUILD)/fuzz/wire_fuzz: tests/wire_rig.c
$(addprefix $(BUILD)/fuzz/,sse_fuzz wire_fuzz): FUZZ_LIBS = \
    $(call pkg,jansson)
FUZZERS +=	import_fuzz
$(BUILD)/fuzz/import_fuzz: $(REVIEWER_SRCS) tests/treegen.c
$(BUILD)/fuzz/import_fuzz: FUZZ_LIBS = $(call pkg,libgit2 jansson)
