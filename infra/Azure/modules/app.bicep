// The function app on a Flex Consumption plan: nothing runs, and nothing is billed, while no message waits.

param name string
param location string
param tags object

@description('Resource id of the identity that the app has.')
param identityId string

@description('Its client id.')
param identityClientId string

param blobEndpoint string
param queueEndpoint string
param packageContainer string

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReady { name: string, instanceCount: int }[]

@description('Subnet for outgoing calls. Empty: none.')
param subnetId string

@description('Address ranges that may call the HTTP functions. Empty: nobody may.')
param allowedAddresses string[]

@description('Application Insights. Empty: none.')
param insightsName string

@description('Settings, by name.')
param settings { *: string }

resource insights 'Microsoft.Insights/components@2020-02-02' existing = if (!empty(insightsName)) {
  name: insightsName
}

// An identity in place of a connection string. Each service by its address: the account's name alone would mean public Azure.
var hostSettings = {
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}

var insightsSettings = empty(insightsName)
  ? {}
  : {
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights!.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    }

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      // The queues need no door. Publishing comes by the other one, with an Entra token.
      ipSecurityRestrictionsDefaultAction: 'Deny'
      ipSecurityRestrictions: [
        for (range, i) in allowedAddresses: {
          name: 'allowed-${i}'
          ipAddress: range
          action: 'Allow'
          priority: 100 + i
        }
      ]
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      appSettings: map(
        sort(items(union(hostSettings, insightsSettings, settings)), (a, b) => a.key < b.key),
        setting => { name: setting.key, value: setting.value }
      )
    }
  }
}

// Passwords for publishing are keys too.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noPublishingPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output name string = app.name
output hostName string = app.properties.defaultHostName
