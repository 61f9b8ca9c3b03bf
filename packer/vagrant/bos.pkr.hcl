# Boxes of Bhojpur OS for Vagrant, with VirtualBox and with libvirt, installed by an ISO that asks nothing and powers the
# machine off at its end. One alone: packer build -only=virtualbox-iso.bos . (or -only=qemu.bos)

source "virtualbox-iso" "bos" {
  iso_url      = var.iso
  iso_checksum = var.iso_checksum

  guest_os_type        = "Debian_64"
  memory               = var.memory
  disk_size            = var.disk_size
  hard_drive_interface = "sata"
  iso_interface        = "sata"
  headless             = true

  # Nothing is put into the machine, and nothing is typed.
  communicator            = "none"
  guest_additions_mode    = "disable"
  virtualbox_version_file = ""

  # The installer powers the machine off: packer waits for that, and fails when it does not come.
  disable_shutdown = true
  shutdown_timeout = var.power_off_timeout

  output_directory = "output-virtualbox"
  vm_name          = "bhojpur-os"
}

source "qemu" "bos" {
  iso_url      = var.iso
  iso_checksum = var.iso_checksum

  accelerator    = var.accelerator
  memory         = var.memory
  disk_size      = "${var.disk_size}M"
  disk_interface = "virtio"
  net_device     = "virtio-net"
  format         = "qcow2"
  headless       = true

  communicator      = "none"
  disable_vnc       = true
  http_bind_address = "127.0.0.1"
  shutdown_timeout  = var.power_off_timeout

  output_directory = "output-libvirt"
  vm_name          = "bhojpur-os"
}

build {
  sources = ["source.virtualbox-iso.bos", "source.qemu.bos"]

  post-processor "vagrant" {
    output               = "bhojpur-os-{{.Provider}}.box"
    vagrantfile_template = "${path.root}/Vagrantfile.template"
  }
}
