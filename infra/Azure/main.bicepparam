// Copy and change. az deployment group create -g GROUP -p infra/Azure/main.bicepparam
using 'main.bicep'

param name = 'agent-warden'

// az aks show -g GROUP -n CLUSTER --query oidcIssuerProfile.issuerUrl -o tsv
param aksIssuerUrl = 'https://westeurope.oic.prod-aks.azure.com/TENANT/CLUSTER/'

// One instance that is always there for new accesses, the others from zero:
// param alwaysReady = [{ name: 'function:SecretProvisioningQueue', instanceCount: 1 }]

// A setting whose value lies in the vault:
// param settingsFromVault = { OTEL_EXPORTER_OTLP_HEADERS: 'otlp-headers' }
