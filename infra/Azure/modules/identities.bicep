// Two identities, so that what only publishes cannot read a queue, and what runs functions cannot publish.

param name string
param location string
param tags object

@description('Issuer URL of the AKS cluster. Empty: no pod gets an identity.')
param aksIssuerUrl string

param clusterNamespace string

@description('ServiceAccounts whose pods may publish.')
param bridgeAccounts string[]

@description('ServiceAccounts whose pods may do what the function app does.')
param functionsAccounts string[]

resource bridge 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-bridge'
  location: location
  tags: tags
}

resource functions 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-functions'
  location: location
  tags: tags
}

// One at a time: Azure refuses two writes to one identity's credentials at once.
@batchSize(1)
resource bridgePods 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for account in empty(aksIssuerUrl) ? [] : bridgeAccounts: {
    parent: bridge
    name: account
    properties: {
      issuer: aksIssuerUrl
      subject: 'system:serviceaccount:${clusterNamespace}:${account}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

@batchSize(1)
resource functionsPods 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for account in empty(aksIssuerUrl) ? [] : functionsAccounts: {
    parent: functions
    name: account
    properties: {
      issuer: aksIssuerUrl
      subject: 'system:serviceaccount:${clusterNamespace}:${account}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

output bridgeClientId string = bridge.properties.clientId
output bridgePrincipalId string = bridge.properties.principalId
output functionsId string = functions.id
output functionsClientId string = functions.properties.clientId
output functionsPrincipalId string = functions.properties.principalId
