# An AMI of Bhojpur OS: a machine with Debian 12 is taken over, powers itself off, and its disk becomes the image.
# Credentials come from the environment or from ~/.aws, as the AWS command line has them.

locals {
  stamp = formatdate("YYYYMMDDhhmmss", timestamp())
}

source "amazon-ebs" "bos" {
  region        = var.region
  subnet_id     = var.subnet_id
  instance_type = var.instance_type

  # Debian's own account: https://wiki.debian.org/Cloud/AmazonEC2Image
  source_ami_filter {
    owners      = ["136693071363"]
    most_recent = true
    filters = {
      name                = "debian-12-amd64-*"
      architecture        = "x86_64"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
  }

  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_size           = var.disk_size
    volume_type           = "gp2"
    delete_on_termination = true
  }

  communicator = "ssh"
  ssh_username = "admin"

  # The machine stops by itself, when the old system is gone: packer only waits for it.
  disable_stop_instance = true
  shutdown_behavior     = "stop"

  ami_name        = "${var.image_name}-${local.stamp}"
  ami_description = "Bhojpur OS"
  ena_support     = true
  tags            = { Name = var.image_name }
}

build {
  sources = ["source.amazon-ebs.bos"]

  provisioner "file" {
    source      = var.opsctl
    destination = "/var/tmp/opsctl"
  }
  provisioner "file" {
    source      = var.iso
    destination = "/var/tmp/bos.iso"
  }
  provisioner "file" {
    source      = var.config
    destination = "/var/tmp/config.yaml"
  }

  # The keys of people come from the cloud (bos.data_sources), which counts as no login in the configuration itself.
  provisioner "shell" {
    inline = [
      "chmod 0755 /var/tmp/opsctl",
      "sudo /var/tmp/opsctl install --takeover /var/tmp/bos.iso --config /var/tmp/config.yaml --allow-no-login --silent --poweroff --reboot",
    ]
    expect_disconnect = true
    skip_clean        = true
  }
}
