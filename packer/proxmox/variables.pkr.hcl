variable "iso_file" {
  description = "An ISO that installs by itself and powers off, on a storage of Proxmox; README.md says how it is made."
  type        = string
  default     = "local:iso/bos-unattended.iso"
}

variable "proxmox_url" {
  description = "The API: https://HOST:8006/api2/json"
  type        = string
}

variable "username" {
  description = "Such as packer@pve."
  type        = string
}

variable "password" {
  description = "Its password. Give it as PKR_VAR_password."
  type        = string
  sensitive   = true
}

variable "insecure_skip_tls_verify" {
  description = "Accept any certificate of the server."
  type        = bool
  default     = false
}

variable "node" {
  description = "The node that builds it."
  type        = string
}

variable "vm_id" {
  description = "The number of the template; it must be free."
  type        = number
}

variable "template_name" {
  description = "The name of the template."
  type        = string
  default     = "bhojpur-os"
}

variable "storage_pool" {
  description = "The storage of its disk."
  type        = string
  default     = "local-lvm"
}

variable "storage_pool_type" {
  description = "The type of that storage."
  type        = string
  default     = "lvm-thin"
}

variable "bridge" {
  description = "The bridge of its network card."
  type        = string
  default     = "vmbr0"
}

variable "disk_size" {
  description = "Size of the disk."
  type        = string
  default     = "8G"
}

variable "memory" {
  description = "MB of memory."
  type        = number
  default     = 1024
}

variable "power_off_minutes" {
  description = "How long to wait until the installed machine powers itself off."
  type        = number
  default     = 30
}
