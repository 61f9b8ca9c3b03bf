# A snapshot of Bhojpur OS for Hetzner Cloud: installed from Hetzner's rescue system, which lies in memory and so leaves
# the whole disk to the installer. Nothing of the image that the server was made of stays, and nothing has to restart.

locals {
  stamp = formatdate("YYYYMMDDhhmmss", timestamp())
}

source "hcloud" "bos" {
  token       = var.token
  location    = var.location
  server_type = var.server_type
  image       = "debian-12"
  rescue      = "linux64"

  communicator = "ssh"
  ssh_username = "root"

  snapshot_name   = "${var.snapshot_name}-${local.stamp}"
  snapshot_labels = { os = "bhojpur-os" }
}

build {
  sources = ["source.hcloud.bos"]

  provisioner "file" {
    source      = var.opsctl
    destination = "/root/opsctl"
  }
  provisioner "file" {
    source      = var.iso
    destination = "/root/bos.iso"
  }
  provisioner "file" {
    source      = var.config
    destination = "/root/config.yaml"
  }

  # The keys of people come from the cloud (bos.data_sources), which counts as no login in the configuration itself. The
  # file growpart has each server made of the snapshot grow its disk to its own size.
  provisioner "shell" {
    inline = [
      "chmod 0755 /root/opsctl",
      "/root/opsctl install /dev/sda /root/bos.iso --config /root/config.yaml --allow-no-login --silent",
      "mount -L BOS_STATE /mnt",
      "touch /mnt/bos/system/growpart",
      "umount /mnt",
      "sync",
    ]
  }
}
