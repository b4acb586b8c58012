# Manual pages.  *.in are frames whose tables come from the source.
SHTESTS +=	tests/sh/man.t

MAN_FRAMES =	praetorctl.1 praetor-events.7 praetor-proto.7 praetor-review.7
MAN_PAGES =	$(addprefix $(BUILD)/man/,$(MAN_FRAMES)) \
		$(wildcard man/*.[1578])
GEN +=		$(addprefix $(BUILD)/man/,$(MAN_FRAMES))

$(BUILD)/tools/mkman: $(BUILD)/tools/mkman.o $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS)

$(BUILD)/man/%: man/%.in $(BUILD)/tools/mkman
	@mkdir -p $(@D)
	$(BUILD)/tools/mkman < $< > $@.new
	@mv $@.new $@
