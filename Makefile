# make          build everything into dist/artifacts, for this machine's architecture; make ARCH=arm64 for another one
# make demo     the main job: build, install onto a virtual disk, boot it, and say how to log in
# make test     every test, virtual machines included
# make soak     the page of iso serve in a browser, the system tests in every combination, properties with other draws, what of src the tests run, a sample
#               of mutations that they must notice, and an hour of changed inputs for every parser; the results go to
#               docs/{soak,coverage,mutations,fuzzing}.md
# make iso      after a change: the ISO alone, packed in a hurry and a tenth larger
# make run      boot the ISO in this terminal (Ctrl-A x quits)
NODE := node_modules/node-linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)/bin/node
ARCH ?= $(shell dpkg --print-architecture)
SOURCES := $(shell find src -name '*.ts') package.json package-lock.json $(wildcard qemu/*.json grub/*.cfg) \
	scripts/bundle.ts $(wildcard scripts/bundle/*) test/system/support/full-config.ts \
	test/install/recorded/machines/nvme-and-usb-stick.json

.PHONY: all arm64 setup bundle demo arm64-beside checked test unit iso run bench soak docs record clean

all: setup bundle
	@bin/opsctl build --arch $(ARCH) $(BUILD_FLAGS)

# What the tests of arm64 boot.
arm64: setup bundle
	@bin/opsctl build --arch arm64 iso pxe rootfs

setup:
	@scripts/setup.sh

bundle: setup
	@$(MAKE) --silent dist/opsctl.cjs dist/opsctl-start.cjs dist/opsctl-phases.cjs dist/opsctl.cache

dist/opsctl.cjs dist/opsctl-start.cjs dist/opsctl-phases.cjs dist/opsctl.cache &: $(SOURCES)
	@$(NODE) scripts/bundle.ts

demo: all
	@$(NODE) scripts/demo.ts

iso: bundle
	@bin/opsctl build --arch $(ARCH) --quick iso

run: all
	@bin/opsctl vm run dist/artifacts/bos-$(ARCH).iso

unit: setup bundle
	@npm test --silent

test: all
	@$(MAKE) --no-print-directory --jobs=2 arm64-beside checked
	@$(NODE) scripts/system.ts

# In silence, while the tests have the screen.
arm64-beside: setup bundle
	@$(MAKE) --no-print-directory arm64 >dist/arm64.log 2>&1 || { cat dist/arm64.log; exit 1; }

# What `npm test` and `npm run long` run, each file once.
checked: bundle
	@npm run --silent typecheck && npm run --silent lint && npm run --silent every

bench: all
	@$(NODE) bench/index.ts

soak: all arm64
	@scripts/setup.sh --soak
	@bin/opsctl build --arch arm rootfs
	@$(NODE) scripts/browser.ts
	@$(NODE) scripts/system.ts --soak --write
	@PROPERTY_SEED=random npm run --silent long
	@$(NODE) scripts/coverage.ts --write
	@npm run --silent mutate -- --sample 500 --write
	@npm run --silent fuzz -- --minutes 60 --write

docs: bundle
	@$(NODE) scripts/docs.ts

record: all
	@$(NODE) scripts/record.ts
	@scripts/setup.sh --soak
	@$(NODE) scripts/browser.ts --pictures

clean:
	rm -rf dist
