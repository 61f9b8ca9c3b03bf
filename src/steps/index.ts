/** All kinds of steps: the union, its schema, and the table of handlers, which the compiler holds complete. */
import { z } from 'zod';
import type { Handlers } from '../plan/plan.ts';
import { addMenuEntry, addMenuEntrySchema } from './boot/add-menu-entry.ts';
import { bootOnce, bootOnceSchema } from './boot/boot-once.ts';
import { embedCore, embedCoreSchema } from './boot/embed-core.ts';
import { keepBootSector, keepBootSectorSchema } from './boot/keep-boot-sector.ts';
import { markValid, markValidSchema } from './boot/mark-valid.ts';
import { registerBootEntry, registerBootEntrySchema } from './boot/register-boot-entry.ts';
import { markFilling, markFillingSchema, setMark, setMarkSchema } from './boot/set-mark.ts';
import { updateBootLoader, updateBootLoaderSchema } from './boot/update-boot-loader.ts';
import { writeBootSector, writeBootSectorSchema } from './boot/write-boot-sector.ts';
import { writeCore, writeCoreSchema } from './boot/write-core.ts';
import { writeEspFiles, writeEspFilesSchema } from './boot/write-esp-files.ts';
import { checkTarget, checkTargetSchema } from './disk/check-target.ts';
import { detachPartitions, detachPartitionsSchema } from './disk/detach-partitions.ts';
import { stopStacked, stopStackedSchema } from './disk/stop-stacked.ts';
import { wipeSignatures, wipeSignaturesSchema } from './disk/wipe-signatures.ts';
import { writePartitionTable, writePartitionTableSchema } from './disk/write-partition-table.ts';
import { copyFiles, copyFilesSchema } from './files/copy-files.ts';
import { copyFromImage, copyFromImageSchema } from './files/copy-from-image.ts';
import { makeFolders, makeFoldersSchema } from './files/make-folders.ts';
import { makeLinks, makeLinksSchema } from './files/make-links.ts';
import { manualSteps, manualStepsSchema } from './files/manual-steps.ts';
import { removeOldSystem, removeOldSystemSchema } from './files/remove-old-system.ts';
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

export const stepSchema = z.discriminatedUnion('kind', [
  checkTargetSchema,
  stopStackedSchema,
  detachPartitionsSchema,
  wipeSignaturesSchema,
  writePartitionTableSchema,
  formatEspSchema,
  formatExt4Schema,
  mountStateSchema,
  makeFoldersSchema,
  copyFilesSchema,
  copyFromImageSchema,
  makeLinksSchema,
  writeFileSchema,
  writeJournalSchema,
  verifyFilesSchema,
  unmountStateSchema,
  writeCoreSchema,
  writeEspFilesSchema,
  writeBootSectorSchema,
  registerBootEntrySchema,
  markValidSchema,
  claimRootSchema,
  addMenuEntrySchema,
  bootOnceSchema,
  checkFilesystemSchema,
  relabelSchema,
  claimStateSchema,
  removeOldSystemSchema,
  embedCoreSchema,
  updateBootLoaderSchema,
  manualStepsSchema,
  keepBootSectorSchema,
  markFillingSchema,
  setMarkSchema,
  writeVolumeToolsSchema,
]);
export type Step = z.infer<typeof stepSchema>;

export const handlers = {
  'check-target': checkTarget,
  'stop-stacked': stopStacked,
  'detach-partitions': detachPartitions,
  'wipe-signatures': wipeSignatures,
  'write-partition-table': writePartitionTable,
  'format-esp': formatEsp,
  'format-ext4': formatExt4,
  'mount-state': mountState,
  'make-folders': makeFolders,
  'copy-files': copyFiles,
  'copy-from-image': copyFromImage,
  'make-links': makeLinks,
  'write-file': writeFile,
  'write-journal': writeJournal,
  'verify-files': verifyFiles,
  'unmount-state': unmountState,
  'write-core': writeCore,
  'write-esp-files': writeEspFiles,
  'write-boot-sector': writeBootSector,
  'register-boot-entry': registerBootEntry,
  'mark-valid': markValid,
  'claim-root': claimRoot,
  'add-menu-entry': addMenuEntry,
  'boot-once': bootOnce,
  'check-filesystem': checkFilesystem,
  relabel: relabel,
  'claim-state': claimState,
  'remove-old-system': removeOldSystem,
  'embed-core': embedCore,
  'update-boot-loader': updateBootLoader,
  'manual-steps': manualSteps,
  'keep-boot-sector': keepBootSector,
  'mark-filling': markFilling,
  'set-mark': setMark,
  'write-volume-tools': writeVolumeTools,
} satisfies Handlers<Step>;
