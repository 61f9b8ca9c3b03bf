/** All kinds of steps, one row each: schema, handler, and the programs that running it needs. */
import { z } from 'zod';
import type { Handler, Handlers, StepBase } from '../plan/plan.ts';
import { addMenuEntry, addMenuEntrySchema } from './boot/add-menu-entry.ts';
import { bootOnce, bootOnceSchema } from './boot/boot-once.ts';
import { changeEnvironment, changeEnvironmentSchema } from './boot/change-environment.ts';
import { keepBootSector, keepBootSectorSchema } from './boot/keep-boot-sector.ts';
import { registerBootEntry, registerBootEntrySchema } from './boot/register-boot-entry.ts';
import { replaceMenu, replaceMenuSchema } from './boot/replace-menu.ts';
import { markFilling, markFillingSchema, markValid, markValidSchema } from './boot/set-mark.ts';
import { updateBootLoader, updateBootLoaderSchema } from './boot/update-boot-loader.ts';
import { writeBootSector, writeBootSectorSchema } from './boot/write-boot-sector.ts';
import { writeCore, writeCoreSchema } from './boot/write-core.ts';
import { writeEspFiles, writeEspFilesSchema } from './boot/write-esp-files.ts';
import { checkTarget, checkTargetSchema } from './disk/check-target.ts';
import { detachPartitions, detachPartitionsSchema } from './disk/detach-partitions.ts';
import { stopStacked, stopStackedSchema } from './disk/stop-stacked.ts';
import { wipeSignatures, wipeSignaturesSchema } from './disk/wipe-signatures.ts';
import { writePartitionTable, writePartitionTableSchema } from './disk/write-partition-table.ts';
import { claimFolders, claimFoldersSchema } from './files/claim-folders.ts';
import { copyDelta, copyDeltaSchema } from './files/copy-delta.ts';
import { copyFiles, copyFilesSchema } from './files/copy-files.ts';
import { copyFromImage, copyFromImageSchema } from './files/copy-from-image.ts';
import { makeFolders, makeFoldersSchema } from './files/make-folders.ts';
import { makeLinks, makeLinksSchema } from './files/make-links.ts';
import { manualSteps, manualStepsSchema } from './files/manual-steps.ts';
import { removeDeployments, removeDeploymentsSchema } from './files/remove-deployments.ts';
import { removeOldSystem, removeOldSystemSchema } from './files/remove-old-system.ts';
import { replaceFile, replaceFileSchema } from './files/replace-file.ts';
import { verifyFiles, verifyFilesSchema } from './files/verify-files.ts';
import { writeFile, writeFileSchema } from './files/write-file.ts';
import { writeJournal, writeJournalSchema } from './files/write-journal.ts';
import { writeVolumeTools, writeVolumeToolsSchema } from './files/write-volume-tools.ts';
import { checkFilesystem, checkFilesystemSchema } from './filesystem/check-filesystem.ts';
import { claimRoot, claimRootSchema } from './filesystem/claim-root.ts';
import { claimState, claimStateSchema } from './filesystem/claim-state.ts';
import { formatEsp, formatEspSchema } from './filesystem/format-esp.ts';
import { formatExt4, formatExt4Schema } from './filesystem/format-ext4.ts';
import { mountState, mountStateSchema } from './filesystem/mount-state.ts';
import { relabel, relabelSchema } from './filesystem/relabel.ts';
import { unmountState, unmountStateSchema } from './filesystem/unmount-state.ts';
import { writeState, writeStateSchema } from './filesystem/write-state.ts';
import { convertImage, convertImageSchema } from './image/convert-image.ts';
import { createImage, createImageSchema } from './image/create-image.ts';
import { editSettings } from './image/edit-settings.ts';
import { editSettingsSchema } from './image/edit-settings-schema.ts';
import { nameImage, nameImageSchema } from './image/name-image.ts';
import { readBackImage, readBackImageSchema } from './image/read-back-image.ts';
import { writeChecksums, writeChecksumsSchema } from './image/write-checksums.ts';
import { writeImage, writeImageSchema } from './image/write-image.ts';
import { writeImageEnds, writeImageEndsSchema } from './image/write-image-ends.ts';
import { writeSettings, writeSettingsSchema } from './image/write-settings.ts';
import { copyImage, copyImageSchema } from './overlay/copy-image.ts';
import { fillExt4, fillExt4Schema } from './overlay/fill-ext4.ts';
import { restoreExt4Init, restoreExt4InitSchema } from './overlay/restore-ext4-init.ts';
import { restoreInit, restoreInitSchema } from './overlay/restore-init.ts';
import { switchInit, switchInitSchema } from './overlay/switch-init.ts';

type StepSchema = z.ZodObject<{ id: z.ZodString; kind: z.ZodLiteral<string> }>;
type StepOf<Schema extends StepSchema> = z.infer<Schema> & StepBase;

/** Programs, or which ones by what the step says. */
type Programs<S> = readonly string[] | ((step: S) => readonly string[]);

const row = <Schema extends StepSchema>(
  schema: Schema,
  handler: Handler<StepOf<Schema>>,
  programs: Programs<StepOf<Schema>> = [],
) => ({ schema, handler, programs });

const kinds = [
  row(checkTargetSchema, checkTarget),
  row(stopStackedSchema, stopStacked, ({ swaps, devices }) => [
    ...(swaps.length > 0 ? ['swapoff'] : []),
    ...(devices.some(({ way }) => way === 'dm') ? ['dmsetup'] : []),
  ]),
  row(detachPartitionsSchema, detachPartitions, ['partx']),
  row(wipeSignaturesSchema, wipeSignatures),
  row(writePartitionTableSchema, writePartitionTable, ({ partitions }) =>
    partitions.some(({ path }) => path !== null) ? ['partx'] : [],
  ),
  row(formatEspSchema, formatEsp),
  row(formatExt4Schema, formatExt4, ['mkfs.ext4']),
  row(mountStateSchema, mountState, ['mount', 'umount']),
  row(makeFoldersSchema, makeFolders),
  row(copyFilesSchema, copyFiles),
  row(copyFromImageSchema, copyFromImage),
  row(copyDeltaSchema, copyDelta),
  row(makeLinksSchema, makeLinks),
  row(writeFileSchema, writeFile),
  row(writeJournalSchema, writeJournal),
  row(verifyFilesSchema, verifyFiles),
  row(unmountStateSchema, unmountState, ['umount']),
  row(writeCoreSchema, writeCore),
  row(writeEspFilesSchema, writeEspFiles),
  row(writeBootSectorSchema, writeBootSector),
  // efibootmgr is not asked for: without it the step warns, and the fallback path is enough.
  row(registerBootEntrySchema, registerBootEntry),
  row(markValidSchema, markValid, ({ fileSystem }) => (fileSystem === 'ext4' ? ['debugfs'] : [])),
  row(claimRootSchema, claimRoot),
  row(addMenuEntrySchema, addMenuEntry),
  row(bootOnceSchema, bootOnce, (step) => (step.log === undefined ? ['sync'] : ['sync', 'sh', 'fsfreeze'])),
  row(checkFilesystemSchema, checkFilesystem),
  row(relabelSchema, relabel, ['e2label']),
  row(claimStateSchema, claimState, ['sync']),
  row(removeOldSystemSchema, removeOldSystem, ['sync']),
  row(updateBootLoaderSchema, updateBootLoader),
  row(manualStepsSchema, manualSteps),
  row(keepBootSectorSchema, keepBootSector),
  row(markFillingSchema, markFilling, ({ fileSystem }) => (fileSystem === 'ext4' ? ['debugfs'] : [])),
  row(writeVolumeToolsSchema, writeVolumeTools),
  row(createImageSchema, createImage),
  row(writeStateSchema, writeState),
  row(writeChecksumsSchema, writeChecksums),
  row(convertImageSchema, convertImage, ({ compress }) => (compress === 'xz' ? ['xz'] : [])),
  row(nameImageSchema, nameImage, ['sync']),
  row(writeSettingsSchema, writeSettings),
  row(editSettingsSchema, editSettings),
  row(writeImageSchema, writeImage, ({ packing }) => (packing === 'xz' ? ['xz'] : [])),
  row(readBackImageSchema, readBackImage),
  row(writeImageEndsSchema, writeImageEnds),
  row(claimFoldersSchema, claimFolders),
  row(replaceFileSchema, replaceFile),
  row(replaceMenuSchema, replaceMenu, ['ln', 'sync', 'sh', 'fsfreeze']),
  row(changeEnvironmentSchema, changeEnvironment, ['sync', 'sh', 'fsfreeze']),
  row(removeDeploymentsSchema, removeDeployments),
  row(switchInitSchema, switchInit, ({ target }) => (target === null ? ['ln', 'sync'] : ['sync'])),
  row(restoreInitSchema, restoreInit, ['sync']),
  row(restoreExt4InitSchema, restoreExt4Init, ['debugfs', 'e2fsck']),
  row(copyImageSchema, copyImage, ['cp']),
  row(fillExt4Schema, fillExt4, ['debugfs', 'e2fsck']),
] as const;

type SchemasOf<Rows extends readonly { readonly schema: StepSchema }[]> = {
  readonly [I in keyof Rows]: Rows[I]['schema'];
};

export const stepSchema = z.discriminatedUnion(
  'kind',
  kinds.map(({ schema }) => schema) as unknown as SchemasOf<typeof kinds>,
);
export type Step = z.infer<typeof stepSchema>;

/** One handler per kind. */
export const handlers = Object.fromEntries(
  kinds.map(({ schema, handler }) => [schema.shape.kind.value, handler]),
) as unknown as Handlers<Step>;

const programs = new Map<string, Programs<Step>>(
  kinds.map((kind) => [kind.schema.shape.kind.value, kind.programs as Programs<Step>]),
);

/** The programs that running these steps needs, each once, in the order of their first use. */
export function programsOf(steps: readonly Step[]): string[] {
  const needed = steps.flatMap((step) => {
    const found = programs.get(step.kind) ?? [];
    return typeof found === 'function' ? found(step) : found;
  });
  return [...new Set(needed)];
}
