# A disk image of Bhojpur OS, installed in QEMU by an ISO that asks nothing and powers the machine off at its end.

source "qemu" "bos" {
  iso_url      = var.iso
  iso_checksum = var.iso_checksum

  qemu_binary    = var.qemu
  accelerator    = var.accelerator
  cpus           = 2
  memory         = var.memory
  disk_size      = var.disk_size
  disk_interface = "virtio"
  net_device     = "virtio-net"
  format         = var.format
  headless       = true

  # Nothing is typed and nobody looks: no VNC, no ssh, and the server for files on this machine alone.
  communicator      = "none"
  disable_vnc       = true
  http_bind_address = "127.0.0.1"

  # The installer powers the machine off: packer waits for that, and fails when it does not come.
  shutdown_timeout = var.power_off_timeout

  # What the installer says, for when it fails.
  qemuargs = [["-serial", "file:${var.console_log}"]]

  output_directory = var.output
  vm_name          = "bos.${var.format}"
}

build {
  sources = ["source.qemu.bos"]

  post-processor "checksum" {
    checksum_types = ["sha256"]
    output         = "${var.output}/bos.${var.format}.sha256"
  }
}
