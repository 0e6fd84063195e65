# What the Makefiles in the folders of t/ share: where things are, how the
# compiler is called, and the rules that compile the core.  Each of them
# includes this file first, sets OUT to the folder that its programs go to, and
# may replace STANDARD, INCLUDES, CFLAGS and LIBS.
#
# BUILD is the build folder, JOBS how many test programs run at the same time.

TOP :=		../..
SRC :=		$(TOP)/ngx_oauth_module
CORE :=		$(SRC)/core
UNIT :=		$(TOP)/t/unit
BUILD ?=	$(abspath $(TOP)/build)
JOBS ?=		1

CFLAGS ?=	-O1 -g
STANDARD =	-std=c11 -D_POSIX_C_SOURCE=200809L
INCLUDES =	-I$(CORE) -I$(UNIT)
WARNINGS :=	-Wall -Wextra -Wpointer-arith -Wshadow -Wstrict-prototypes \
		-Wmissing-prototypes $(if $(WERROR),-Werror)
COMPILE =	$(STANDARD) $(WARNINGS) $(INCLUDES) -MMD -MP $(CFLAGS)
LIBS =		-ljansson -lcrypto

SANITIZE :=	-fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer
SANITIZED :=	ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:allocator_may_return_null=1 \
		UBSAN_OPTIONS=print_stacktrace=1

TAP =		$(TOP)/t/tap -j $(JOBS)

# An object is compiled again when one of these changes.

RULES :=	Makefile ../common.mk

CORE_OBJECTS :=	$(patsubst $(CORE)/%.c,core/%.o,$(wildcard $(CORE)/*.c))


# $(call objects,folder,compiler,options): the rules for one way to compile.
# The core goes to a folder of its own; "vpath" finds other sources.

define objects
$(1)/core/%.o:	$(CORE)/%.c $(RULES)
	@mkdir -p $$(@D)
	$(2) $$(COMPILE) $(3) -c -o $$@ $$<

$(1)/%.o:	%.c $(RULES)
	@mkdir -p $$(@D)
	$(2) $$(COMPILE) $(3) -c -o $$@ $$<

-include $$(wildcard $(1)/*.d $(1)/core/*.d)
endef

# A build folder may know sources by the places where they were before.  What
# is not there any more counts as changed, so its objects are compiled again.

$(SRC)/%.c: ;

# The compiler writes these as it goes; make shall not look for a way.

%.d: ;

# Without this, make would delete the objects that only a pattern rule names.

.SECONDARY:
