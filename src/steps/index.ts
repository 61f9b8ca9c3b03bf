/** All kinds of steps: the union, its schema, and the table of handlers, which the compiler holds complete. */
import { z } from 'zod';
import type { Handlers } from '../plan/plan.ts';
import { addMenuEntry, addMenuEntrySchema } from './add-menu-entry.ts';
import { bootOnce, bootOnceSchema } from './boot-once.ts';
import { checkFilesystem, checkFilesystemSchema } from './check-filesystem.ts';
import { checkTarget, checkTargetSchema } from './check-target.ts';
import { claimRoot, claimRootSchema } from './claim-root.ts';
import { claimState, claimStateSchema } from './claim-state.ts';
import { copyFiles, copyFilesSchema } from './copy-files.ts';
import { copyFromImage, copyFromImageSchema } from './copy-from-image.ts';
import { detachPartitions, detachPartitionsSchema } from './detach-partitions.ts';
import { embedCore, embedCoreSchema } from './embed-core.ts';
import { formatEsp, formatEspSchema } from './format-esp.ts';
import { formatState, formatStateSchema } from './format-state.ts';
import { keepBootSector, keepBootSectorSchema } from './keep-boot-sector.ts';
import { makeFolders, makeFoldersSchema } from './make-folders.ts';
import { makeLinks, makeLinksSchema } from './make-links.ts';
import { markValid, markValidSchema } from './mark-valid.ts';
import { mountState, mountStateSchema } from './mount-state.ts';
import { registerBootEntry, registerBootEntrySchema } from './register-boot-entry.ts';
import { relabel, relabelSchema } from './relabel.ts';
import { removeOldSystem, removeOldSystemSchema } from './remove-old-system.ts';
import { markFilled, markFilledSchema, markFilling, markFillingSchema } from './set-mark.ts';
import { stopStacked, stopStackedSchema } from './stop-stacked.ts';
import { tellLeft, tellLeftSchema } from './tell-left.ts';
import { unmountState, unmountStateSchema } from './unmount-state.ts';
import { updateBootLoader, updateBootLoaderSchema } from './update-boot-loader.ts';
import { verifyFiles, verifyFilesSchema } from './verify-files.ts';
import { wipeSignatures, wipeSignaturesSchema } from './wipe-signatures.ts';
import { writeBootSector, writeBootSectorSchema } from './write-boot-sector.ts';
import { writeCore, writeCoreSchema } from './write-core.ts';
import { writeEspFiles, writeEspFilesSchema } from './write-esp-files.ts';
import { writeFile, writeFileSchema } from './write-file.ts';
import { writeJournal, writeJournalSchema } from './write-journal.ts';
import { writePartitionTable, writePartitionTableSchema } from './write-partition-table.ts';
import { writeVolumeTools, writeVolumeToolsSchema } from './write-volume-tools.ts';

export const stepSchema = z.discriminatedUnion('kind', [
  checkTargetSchema,
  stopStackedSchema,
  detachPartitionsSchema,
  wipeSignaturesSchema,
  writePartitionTableSchema,
  formatEspSchema,
  formatStateSchema,
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
  tellLeftSchema,
  keepBootSectorSchema,
  markFillingSchema,
  markFilledSchema,
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
  'format-state': formatState,
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
  'tell-left': tellLeft,
  'keep-boot-sector': keepBootSector,
  'mark-filling': markFilling,
  'mark-filled': markFilled,
  'write-volume-tools': writeVolumeTools,
} satisfies Handlers<Step>;
