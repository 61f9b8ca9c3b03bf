variable "iso" {
  description = "An ISO that installs by itself and powers off; README.md says how it is made."
  type        = string
  default     = "bos-unattended.iso"
}

variable "iso_checksum" {
  description = "Of that ISO, such as sha256:HEX; none for a file that you have just made."
  type        = string
  default     = "none"
}

variable "power_off_timeout" {
  description = "How long to wait until the installed machine powers itself off."
  type        = string
  default     = "30m"
}

variable "output" {
  description = "The folder for the image; it must not exist."
  type        = string
  default     = "output"
}

variable "accelerator" {
  description = "kvm, or tcg where there is no KVM."
  type        = string
  default     = "kvm"
}

variable "format" {
  description = "qcow2 or raw."
  type        = string
  default     = "qcow2"
}

variable "disk_size" {
  description = "Size of the disk."
  type        = string
  default     = "8G"
}

variable "memory" {
  description = "MB of memory of the machine that installs."
  type        = number
  default     = 1024
}

variable "qemu" {
  description = "The program that runs it."
  type        = string
  default     = "qemu-system-x86_64"
}

variable "console_log" {
  description = "A file for what the machine writes to its serial console."
  type        = string
  default     = "console.log"
}
