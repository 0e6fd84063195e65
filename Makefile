# Builds, checks and installs ngx_oauth_module.  Nothing here installs packages
# or needs root; ./build.sh does that, and calls this file.
#
#   make            build/ngx_oauth_module.so
#   make check      the unit tests, the style checks, and the tests of the
#                   module's behaviour inside nginx
#   make install    copies the module to $(DESTDIR)$(MODULESDIR); it builds
#                   the module only if there is none yet
#   make dist       packs the last commit as a release:
#                   build/ngx_oauth_module-VERSION.tar.gz
#   make deb        builds Debian's package of that release, in build/deb/
#   make install-oauth-check
#                   copies tools/oauth-check to $(DESTDIR)$(PREFIX)/bin, and its
#                   Perl modules to $(DESTDIR)$(PREFIX)/share/oauth-check
#   make clean      removes the build folder, and what npm has put into t/e2e
#
# These variables can be given to make or in its environment:
#
#   NGINX_SRC       nginx's source or headers; Debian's nginx-dev by default
#   NGINX_OPTIONS   further options for the configure script of nginx
#   CC, CPPFLAGS, CFLAGS, LDFLAGS
#                   the compiler and its options
#   CC_OPT, LD_OPT  options to add to these
#   CURL_CC, CURL_LD
#                   options that find libcurl, if the compiler does not
#   WERROR          if it is set, compiler warnings are errors
#   MODULESDIR      where nginx looks for modules
#   PREFIX          where the folders bin and share are, /usr by default
#   DESTDIR         a folder to put in front of MODULESDIR and PREFIX
#   BUILD           the build folder
#   PACKED          the file that "make dist" packs (not in the environment)
#   TESTS           the files in t/ that "make check-prove" runs

override BUILD := $(abspath $(or $(BUILD),build))
override NGINX_SRC := $(abspath $(or $(NGINX_SRC),/usr/share/nginx/src))

MODULE :=	$(BUILD)/ngx_oauth_module.so

CFLAGS ?=	-g -O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2
LDFLAGS ?=	-Wl,-z,relro -Wl,-z,now
MODULESDIR ?=	/usr/lib/nginx/modules
PREFIX ?=	/usr
TESTS =		t/*.t

# To make and to the configure script of nginx a space ends a name.

SPACED :=	$(foreach name,CURDIR BUILD NGINX_SRC MODULESDIR DESTDIR PREFIX,\
		$(if $(word 2,$($(name))),$(name)))

$(if $(strip $(SPACED)),$(error the name of a folder has a space, which \
	nginx's configure cannot handle: choose another one for \
	$(strip $(SPACED))))

# How many compilers and tests run at the same time: as many as "make -j" says.

JOBS ?=		$(or $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS))),1)

# valgrind 3.19, which Debian 12 has, cannot read the debug information that
# clang writes otherwise.

DWARF :=	$(if $(findstring clang,$(CC)),-gdwarf-4)

# nginx's configure turns warnings into errors.

ALL_CFLAGS =	$(CPPFLAGS) $(CFLAGS) $(DWARF) $(if $(WERROR),,-Wno-error) \
		$(CURL_CC) $(CC_OPT)
ALL_LDFLAGS =	$(LDFLAGS) $(CURL_LD) $(LD_OPT)

# Other Makefiles have variables of the same names, so they get neither this
# one's variables nor its flags, but for "silent".

SILENT :=	$(if $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS)))),-s)
SUBMAKE =	env -u MAKEFLAGS -u MFLAGS $(MAKE) --no-print-directory $(SILENT)

unexport CPPFLAGS CFLAGS LDFLAGS

# Only one make at a time writes to the build folder.

LOCKED =	mkdir -p $(BUILD) && flock $(BUILD)/lock

quote =		'$(subst ','\'',$(strip $(1)))'

# $(call put,mode,from,to): a running nginx may have mapped the old file, so
# the new file replaces it by its name.  An equal file stays as it is.

put =		{ cmp -s $(2) $(3) || { install -m $(1) $(2) $(3).new \
		&& mv $(3).new $(3); }; }


all:		module

# The tests need an nginx that the module fits: the installed one if the module
# is built against Debian's headers, or else one from the same source.

BINARY =	$(if $(wildcard $(NGINX_SRC)/conf_flags),,binary)

GOALS =		modules
testbed:	GOALS += $(BINARY)

define build
	@mkdir -p $(BUILD)
	@exec 9>$(BUILD)/lock && flock 9 \
	&& tools/configure $(NGINX_SRC) $(BUILD) \
		--with-cc=$(call quote,$(CC)) \
		--with-cc-opt=$(call quote,$(ALL_CFLAGS)) \
		--with-ld-opt=$(call quote,$(ALL_LDFLAGS)) $(NGINX_OPTIONS) \
	&& echo '==> building' \
	&& $(SUBMAKE) -j $(JOBS) -C $(BUILD)/nginx-src \
		-f $(BUILD)/objs/Makefile $(GOALS) \
	&& $(call put,755,$(BUILD)/objs/ngx_oauth_module.so,$(MODULE)) \
	$(if $(filter binary,$(GOALS)),\
		&& $(call put,755,$(BUILD)/objs/nginx,$(BUILD)/nginx)) \
	&& echo '==> built $(MODULE)'
endef

module testbed $(MODULE):
	$(build)

install:	$(MODULE)
	mkdir -p $(DESTDIR)$(MODULESDIR)
	$(call put,644,$(MODULE),$(DESTDIR)$(MODULESDIR)/ngx_oauth_module.so)

# For Debian a release is a source without the folder debian/, and that folder.
# dpkg-buildpackage names the packages that it needs and that are missing.

VERSION :=	$(shell sed -n 's/^.define NGX_OAUTH_VERSION *"\(.*\)"$$/\1/p' \
			ngx_oauth_module/base/ngx_oauth_version.h)
RELEASE :=	ngx_oauth_module-$(VERSION)
SOURCE :=	libnginx-mod-http-oauth
PACKED =	$(BUILD)/$(RELEASE).tar.gz

dist:
	tools/dist $(VERSION) $(BUILD) $(PACKED)
	@echo '==> packed $(PACKED)'

deb:		dist
	rm -rf $(BUILD)/deb
	mkdir $(BUILD)/deb
	gzip -dc $(PACKED) \
		| tar --delete $(RELEASE)/debian | gzip -9n \
		>$(BUILD)/deb/$(SOURCE)_$(VERSION).orig.tar.gz
	tar -xzf $(PACKED) -C $(BUILD)/deb
	cd $(BUILD)/deb/$(RELEASE) \
		&& env -u MAKEFLAGS -u MFLAGS -u BUILD dpkg-buildpackage -us -uc
	@echo '==> built' $(BUILD)/deb/*.deb
# The script finds its modules in the folder ../share beside its own.

SHARE =		$(DESTDIR)$(PREFIX)/share/oauth-check/OAuthCheck

install-oauth-check:
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(SHARE)
	install -m 755 tools/oauth-check $(DESTDIR)$(PREFIX)/bin
	install -m 644 tools/OAuthCheck/*.pm $(SHARE)

clean:
	@echo '==> removing $(BUILD)'
	rm -rf $(call quote,$(BUILD)) t/e2e/node_modules t/e2e/*/node_modules


# --- tests ----------------------------------------------------------------

# They need perl, git, cmocka, libjwt, valgrind, binutils, openssl, curl and
# libfaketime.  Without redis-server the tests of the bus are skipped, and without
# nginx's image_filter one other test.

check:		check-unit check-style check-prove


# The core under cmocka: as it is, under ASan and UBSan, and under valgrind;
# then the fuzz targets over their seeds, without libFuzzer.  When coverage is
# measured, one run of the unit tests is enough.

ifeq ($(OAUTH_MODE),coverage)
UNIT_BUILDS :=	all
UNIT_CHECKS :=	check
check-unit:	check-core
else
UNIT_BUILDS :=	all asan
UNIT_CHECKS :=	check check-asan check-valgrind
check-unit:	check-core check-seeds
endif

UNIT =		$(SUBMAKE) -C t/unit BUILD=$(BUILD) JOBS=$(JOBS) \
		CFLAGS=$(call quote,-O1 -g $(DWARF) $(CC_OPT)) \
		LDFLAGS=$(call quote,$(LD_OPT))
FUZZ =		$(SUBMAKE) -C t/fuzz BUILD=$(BUILD) JOBS=$(JOBS)

check-core:
	$(LOCKED) $(UNIT) -j $(JOBS) $(UNIT_BUILDS)
	$(UNIT) -k $(UNIT_CHECKS)

check-seeds:	replays
	$(FUZZ) check

replays:
	$(LOCKED) $(FUZZ) -j $(JOBS) replay


# Rooms, walls, names, lengths, and the documentation against the code.

check-style:	testbed
	t/env $(BUILD) t/tap t/style/*.t


# nginx with the module and a scripted authorization server.

check-prove:	testbed helpers
	t/env $(BUILD) t/tap -j $(JOBS) $(TESTS)

helpers:	testbed
	$(LOCKED) $(SUBMAKE) -C t/lib BUILD=$(BUILD) \
		CURL_CC=$(call quote,$(CURL_CC)) CURL_LD=$(call quote,$(CURL_LD))


# --- programs that are not part of "make check" ----------------------------

# ONLY names the fuzz targets to build; they need clang.

fuzzers:
	$(LOCKED) $(FUZZ) -j $(JOBS) $(if $(ONLY),ONLY=$(call quote,$(ONLY))) \
		fuzzers

steps:
	$(LOCKED) $(SUBMAKE) -j $(JOBS) -C t/bench BUILD=$(BUILD) \
		CFLAGS=$(call quote,$(CFLAGS)) steps

.PHONY:		all module testbed install install-oauth-check dist deb clean \
		check check-unit check-core check-seeds replays check-style \
		check-prove helpers fuzzers steps

# The targets of "make check" use the machine as JOBS says, one after another.

.NOTPARALLEL:
